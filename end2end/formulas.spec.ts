/** Formulas are rendered, prices are not, and a formula with an error is shown as source. */
import { Api } from './support/api.ts';
import { answers, chooseFromMenu, ECHO, statusText, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const TEXT = String.raw`Energy is $E = mc^2$, and

$$
\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}
$$

It costs $5 and $6. This is none: $\nonsense{x}$, and neither is $\text{<img src=x onerror=x>}$ an image.

The end.`;

test('a formula that grew on the page and one from the server look the same', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const loaded: string[] = [];
  page.on('request', (request) => {
    if (/\/lib\/(formulas|math|highlight)/.test(request.url())) loaded.push(request.url());
  });
  await page.goto('/');
  await write(page, 'No formula: $5 and $6', ECHO);
  await expect(answers(page)).toContainText('No formula: $5 and $6');
  await expect(answers(page)).toHaveAttribute('data-growing', 'false');
  expect(loaded).toEqual([]);

  await write(page, TEXT);
  const answer = answers(page).last();
  for (const how of ['grown', 'rendered by the server']) {
    await expect(answer.getByText('The end.'), how).toBeVisible();
    await expect(answer.locator('math'), how).toHaveCount(3);
    await expect(answer.locator('math').first().locator('msup'), how).toHaveText('c2');
    await expect(answer.locator('.formula math[display=block] mfrac'), how).toBeVisible();
    await expect(answer, how).toContainText('It costs $5 and $6.');
    await expect(answer.locator('code'), how).toHaveText('\\nonsense{x}');
    await expect(answer.locator('img'), how).toHaveCount(0);
    await expect(answer, how).toContainText('<img src=x onerror=x>');
    expect(loaded.filter((url) => url.includes('highlight')), how).toEqual([]);
    await page.reload();
    await expect(statusText(page)).toHaveText('Connected');
  }
  await answer.getByRole('button', { name: 'Copy' }).last().click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(TEXT);

  await chooseFromMenu(page, 'Share…');
  await page.getByRole('button', { name: 'Create a link' }).click();
  await page.goto(await page.getByLabel('The link', { exact: true }).inputValue());
  await expect(page.locator('.answer').last().locator('math')).toHaveCount(3);
});

test('a growing formula does not jump', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  // Records the answer at every frame.
  await page.evaluate(() => {
    const seen: string[] = ((window as unknown as { seen: string[] }).seen = []);
    const look = (): void => {
      for (const tail of document.querySelectorAll('.tail')) seen.push([...tail.querySelectorAll('p')].map((one) => one.innerText).join(''));
      requestAnimationFrame(look);
    };
    look();
  });
  await api.ask(id, String.raw`${'word '.repeat(30)} $$ \frac{1}{2} ${'+ x^2 '.repeat(60)} $$ ${'word '.repeat(30)}`, 'echo');
  await api.settled(id);
  await expect(answers(page).last().locator('math')).toHaveCount(1);
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  expect(seen.filter((text) => text.includes('$'))).toEqual([]);
});

test('a long formula scrolls, and the page does not', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(`$$${'x_1 + y_2 + '.repeat(60)}z$$`);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const formula = answers(page).locator('.formula');
  await expect(formula.locator('math')).toBeVisible();
  expect(await formula.evaluate((one) => one.scrollWidth - one.clientWidth)).toBeGreaterThan(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
});

test('the font of formulas is loaded with the first formula', async ({ page, context }) => {
  const fonts: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('.woff2')) fonts.push(request.url());
  });
  const api = await Api.guest(context.request);
  const id = await api.begin('No formula: $5');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const state = (): Promise<string[]> => page.evaluate(() => [...document.fonts].filter((font) => font.family.includes('Math')).map((font) => font.status));
  expect(await state()).toEqual(['unloaded']);
  expect(fonts).toEqual([]);

  await write(page, String.raw`$$\overline{x} + \cancel{y} + \boxed{z}$$`, ECHO);
  await expect(answers(page).last().locator('math')).toBeVisible();
  await expect.poll(state).toEqual(['loaded']);
  expect(fonts).toHaveLength(1);
  expect(fonts[0]).toMatch(/\/lib\/math\.[0-9a-f]+\.woff2$/);
  const font = await answers(page).last().locator('math mi').first().evaluate((one) => getComputedStyle(one).fontFamily);
  expect(font).toContain('Holdfast Math');
  // They are rendered.
  const math = answers(page).last().locator('math');
  const style = (selector: string, name: string): Promise<string> => math.locator(selector).evaluate((one, name) => getComputedStyle(one).getPropertyValue(name), name);
  expect(await style('.line > mrow', 'border-top-width')).toBe('1px');
  expect(await style('.boxed', 'border-left-width')).toBe('1px');
  expect(await style('.struck-up', 'background-image')).toContain('gradient');
  const license = await context.request.get('/lib/math.woff2.LICENSE.txt');
  expect(await license.text()).toContain('SIL Open Font License');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('formulas are rendered', async ({ page, context, allow }) => {
    allow(/preload/);
    const api = await Api.guest(context.request);
    const id = await api.begin(TEXT);
    await api.settled(id);
    await page.goto(`/c/${id}`);
    await expect(answers(page).locator('math')).toHaveCount(3);
  });
});
