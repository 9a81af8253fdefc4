/** `make bench`: what the page costs in a real Chromium. One test at a time, so that nothing disturbs the measurements. */
import { defineConfig } from '@playwright/test';
import browser from './playwright.config.ts';

export default defineConfig({
  ...browser,
  testMatch: 'bench.ts',
  workers: 1,
  timeout: 300_000,
  reporter: 'line',
  projects: [{ name: 'wide', use: { viewport: { width: 1360, height: 840 } } }],
});
