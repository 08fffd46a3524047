// SPDX-License-Identifier: Apache-2.0
// Drives Chromium for the tests of the lab's page: browser.mjs PLAYWRIGHT URL, then one line of JSON for each action
// on the standard input, and one for its result on the standard output. Ends with the input.

import { createInterface } from 'node:readline';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const WAIT_MS = 60000;

const [folder, url] = process.argv.slice(2);
const { chromium } = (await import(`${folder}/index.js`)).default;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
page.setDefaultTimeout(WAIT_MS);
const errors = [];
page.on('pageerror', (error) => errors.push(error.message));
await page.goto(url);

const canvas = (device) => page.locator(`[data-device="${device}"] canvas`);

const actions = {
  // Waits until a device's screen is connected and shows more than one colour.
  async live({ device }) {
    await page.locator(`[data-device="${device}"].up .screen.shown canvas`).waitFor();
    await page.waitForFunction((name) => {
      const shown = document.querySelector(`[data-device="${name}"] canvas`);
      const { data } = shown.getContext('2d').getImageData(0, 0, shown.width, shown.height);
      const pixels = new Uint32Array(data.buffer);
      return pixels.some((pixel) => pixel !== pixels[0]);
    }, device);
    return canvas(device).evaluate((shown) => [shown.width, shown.height]);
  },
  // Clicks at a fraction of each axis of a device's canvas.
  async click({ device, x, y }) {
    const box = await canvas(device).boundingBox();
    await canvas(device).click({ position: { x: x * box.width, y: y * box.height } });
  },
  // Types as fingers do: a capital is a key with Shift held, which the emulator's keyboard needs to see.
  async type({ text }) {
    for (const letter of text) {
      await page.keyboard.press(/[A-Z]/.test(letter) ? `Shift+${letter}` : letter, { delay: 20 });
    }
  },
  async press({ selector }) {
    await page.locator(selector).click();
  },
  async fill({ selector, text }) {
    await page.locator(selector).fill(text);
    await page.locator(selector).press('Enter');
  },
  async text({ selector }) {
    return page.locator(selector).innerText();
  },
  async wait({ selector }) {
    await page.locator(selector).waitFor();
  },
  async size({ width, height }) {
    await page.setViewportSize({ width, height });
    return page.evaluate(() => document.documentElement.scrollWidth);
  },
  async shot({ path }) {
    await page.screenshot({ path, fullPage: true });
  },
  async errors() {
    return errors;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...words } = JSON.parse(line);
  let answer;
  try {
    answer = { result: await actions[action](words) };
  } catch (error) {
    answer = { error: String(error.message).split('\n')[0] };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
