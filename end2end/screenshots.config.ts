/** `make screenshots`: the settings of the end-to-end tests, for the file that takes the pictures of the documentation. */
import { defineConfig } from '@playwright/test';
import browser from './playwright.config.ts';

export default defineConfig(browser, { testMatch: 'screenshots.ts', reporter: 'list', use: { locale: 'en-GB' } });
