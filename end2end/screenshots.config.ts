/** `make screenshots`: the settings of the browser tests, for the file that takes the screenshots. */
import { defineConfig } from '@playwright/test';
import browser from './playwright.config.ts';

export default defineConfig(browser, { testMatch: 'screenshots.ts', reporter: 'list', use: { locale: 'en-GB' } });
