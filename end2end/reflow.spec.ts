/** Every view fits: into the narrowest window that WCAG requires (320 px, which is 1280 at 400 %), a phone of 360 px, a 4K screen. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { field, lastAnswer, seenGrowing, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const VIEWS = ['/', '/signin', '/signup', '/search?q=tide', '/archived', '/nowhere', '/settings/account', '/settings/data', '/settings/models', '/settings/connection', '/settings/people', '/settings/providers', '/settings/limits', '/settings/activity'];
const WIDE = [
  'Eindeutigkeitsnachweis'.repeat(20),
  `| ${Array.from({ length: 14 }, (_, n) => `column ${n}`).join(' | ')} |\n|${'---|'.repeat(14)}`,
  `\`\`\`js\n${'const wide = 1; '.repeat(40)}\n\`\`\``,
  `$$${Array.from({ length: 60 }, (_, n) => `x_{${n}}`).join(' + ')}$$`,
  `https://example.com/${'path/'.repeat(60)}`,
].join('\n\n');

/** Checks that nothing is wider than the window, so that no horizontal scrolling is needed. */
async function expectFits(page: Page, what: string): Promise<void> {
  const widths = await page.evaluate(() => [document.scrollingElement?.scrollWidth ?? 0, innerWidth]);
  expect(widths[0], what).toBeLessThanOrEqual(widths[1] ?? 0);
}

for (const [width, height] of [
  [320, 256],
  [360, 740],
  [3840, 2160],
] as const) {
  test(`every view fits into ${width} by ${height}`, async ({ page, context, server, allow }) => {
    allow(/status of 404/);
    await page.setViewportSize({ width, height });
    const api = await Api.claim(context.request, server, ada);
    const id = await api.begin(WIDE, 'echo');
    await api.settled(id);
    for (const path of [...VIEWS, `/c/${id}`]) {
      await page.goto(path);
      await expect(page.getByRole('heading').first()).toBeAttached();
      await expectFits(page, path);
    }
    await expect(statusText(page)).toHaveText('Connected');
    await expect(field(page)).toBeInViewport({ ratio: 1 });
    await expect(page.getByRole('button', { name: 'Send' })).toBeInViewport({ ratio: 1 });
  });
}

test('nothing moves if the user prefers reduced motion, even while an answer grows', async ({ page, context }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-3000-10');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page), 2);
  const moving = await page.evaluate(() => document.getAnimations().filter((it) => it.playState === 'running' && Number(it.effect?.getComputedTiming().duration) > 1).map((it) => (it as CSSAnimation).animationName));
  expect(moving).toEqual([]);
});
