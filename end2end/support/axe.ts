/** Checks accessibility with axe, in light and in dark. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export async function expectNoFindings(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours in transition belong to neither scheme. Transitions start with the next frame.
    await page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))));
    await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it instanceof CSSTransition && it.finished.catch(() => undefined))));
    const { violations } = await new AxeBuilder({ page }).analyze();
    // Growing content is replaced during the check. Elements that have left the page are reported at the page's root.
    const there = violations.map((it) => ({ ...it, nodes: it.nodes.filter(({ target }) => target.join() !== ':root') }));
    const named = ({ target, html, failureSummary }: (typeof violations)[0]['nodes'][0]): string => `${target.join(' ')} ${html.slice(0, 120)} (${failureSummary ?? ''})`;
    const findings = there.filter(({ nodes }) => nodes.length > 0).map(({ id, help, nodes }) => `${id} (${colorScheme}): ${help}: ${nodes.map(named).join(', ')}`);
    expect(findings).toEqual([]);
  }
}
