// Requests that end, whatever the other side does.

const PATIENCE_MS = 15_000;

/** One request, without following redirects; a body that is JSON is read. */
export async function request(url, options = {}) {
  const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') && text !== '';
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
}

/** Repeats an attempt until it gives something, at most for so long; else gives nothing. */
export async function within(milliseconds, attempt, pause = 200) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const result = await attempt();
    if (result) return result;
    if (Date.now() + pause > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
