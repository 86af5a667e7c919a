// A test with a bound, so that nothing waits for ever.
import { test } from 'node:test';

const LONGEST_MS = 90_000;

export const scene = (name, act) => test(name, { timeout: LONGEST_MS }, act);
