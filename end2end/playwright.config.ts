import { defineConfig } from '@playwright/test';

/** Root in a container can't use Chromium's sandbox, and tests don't need its background tasks. */
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** Tests whose subject does not depend on the size of the window. They run in the wide window only. */
const ANY_WINDOW = ['**/alone.spec.ts', '**/cross-site.spec.ts', '**/nginx.spec.ts', '**/tls.spec.ts', '**/first-load.spec.ts', '**/api-docs.spec.ts'];

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results/artifacts',
  // A test that passes only at the second try has found a bug.
  retries: 0,
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  use: {
    launchOptions: { executablePath: process.env['HOLDFAST_CHROMIUM'] ?? '/usr/bin/chromium', args: flags },
    screenshot: 'only-on-failure',
    // No test sees requests of the service worker. app.spec.ts tests them.
    serviceWorkers: 'block',
    locale: 'en-GB',
    timezoneId: 'UTC',
  },
  projects: [
    { name: 'wide', use: { viewport: { width: 1360, height: 840 } } },
    { name: 'narrow', testIgnore: ANY_WINDOW, use: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } },
  ],
});
