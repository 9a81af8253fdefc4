/** axe finds nothing to complain about, in light and in dark. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export async function expectNoFindings(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours that are on their way are none of either scheme; and they set out with the next frame.
    await page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))));
    await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it instanceof CSSTransition && it.finished.catch(() => undefined))));
    const { violations } = await new AxeBuilder({ page }).analyze();
    const findings = violations.map(({ id, help, nodes }) => `${id} (${colorScheme}): ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    expect(findings).toEqual([]);
  }
}
