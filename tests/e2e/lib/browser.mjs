// People at Keycloak's pages, in a real Chromium.
import { chromium } from 'playwright-core';
import { authorization, exchange } from './keycloak.mjs';
import { oneTimeCode } from './people.mjs';
import { CHROMIUM } from './settings.mjs';

const PATIENCE_MS = 20_000;
// More forms than any login has.
const MAX_FORMS = 5;

let browser;

async function launch() {
  // Chromium's sandbox refuses to start for root.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args, timeout: 60_000 });
  return browser;
}

/** Ends Chromium. */
export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

// What tells each page, and how it is filled in.
const FORMS = {
  '#totp': {
    name: 'enrolment',
    async fill(page, person) {
      const secret = await page.inputValue('#totpSecret');
      person.key = Buffer.from(secret);
      await page.fill('#totp', oneTimeCode(person.key));
      // Needed from the second device on.
      await page.fill('#userLabel', `device ${person.key.subarray(0, 4)}`);
      await page.click('#saveTOTPBtn');
    },
  },
  '#otp': {
    name: 'code',
    async fill(page, person) {
      await page.fill('#otp', oneTimeCode(person.key));
      await page.click('#kc-login');
    },
  },
  '#password': {
    name: 'password',
    async fill(page, person) {
      if (await page.isVisible('#username')) await page.fill('#username', person.username);
      await page.fill('#password', person.password);
      await page.click('#kc-login');
    },
  },
  'button[name=accept], input[name=accept]': {
    name: 'consent',
    fill: (page) => page.click('[name=accept]'),
  },
};

async function formOf(page) {
  for (const [selector, form] of Object.entries(FORMS)) {
    if (await page.isVisible(selector)) return form;
  }
  return undefined;
}

/** Waits for the next form. Nothing, once the browser is on its way back to the client. */
async function nextForm(page, way) {
  const end = Date.now() + PATIENCE_MS;
  while (!way.back && Date.now() < end) {
    // While a page goes, it cannot be looked at.
    const form = await formOf(page).catch(() => undefined);
    if (form) return form;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (way.back) return undefined;
  throw new Error(`no form that is known at ${page.url()}: ${await page.innerText('body').catch(() => '')}`);
}

/** Somebody with a browser of their own: cookies last from one login to the next. */
export async function visitor(person) {
  const context = await (await launch()).newContext();
  return new Visitor(context, person);
}

class Visitor {
  #context;
  #person;

  constructor(context, person) {
    this.#context = context;
    this.#person = person;
  }

  /** Logs in at a client: its tokens, and the forms that were asked for. */
  async login(client, parameters) {
    const { back, forms, verifier } = await this.#authorize(client, parameters);
    const code = back.searchParams.get('code');
    if (!code) throw new Error(`refused: ${back.search}`);
    const tokens = await exchange(client, code, verifier);
    return { access: tokens.access_token, refresh: tokens.refresh_token, id: tokens.id_token, forms };
  }

  async #authorize(client, parameters) {
    const { url, verifier } = authorization(client, parameters);
    const page = await this.#context.newPage();
    const way = { back: undefined };
    way.ends = new Promise((resolve) => {
      page.on('request', (request) => {
        if (!request.url().startsWith(`${client.redirect}?`)) return;
        way.back ??= new URL(request.url());
        resolve();
      });
    });
    try {
      // It fails when it leads straight back to where nobody listens.
      await page.goto(url, { waitUntil: 'domcontentloaded', timeout: PATIENCE_MS }).catch((error) => {
        if (!way.back) throw error;
      });
      const forms = await this.#fillIn(page, way);
      return { back: way.back, forms, verifier };
    } finally {
      await page.close();
    }
  }

  async #fillIn(page, way) {
    const forms = [];
    for (;;) {
      const form = await nextForm(page, way);
      if (!form) return forms;
      if (forms.includes(form.name) || forms.length === MAX_FORMS) {
        throw new Error(`asked again for ${form.name}: ${await page.innerText('body')}`);
      }
      forms.push(form.name);
      const goes = page.waitForEvent('framenavigated', { timeout: PATIENCE_MS }).catch(() => undefined);
      await form.fill(page, this.#person);
      await Promise.race([goes, way.ends]);
    }
  }
}
