// Runs scripts that are no modules, with objects in place of the browser's.
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

/**
 * Runs a script with these globals. Returns them, with what the script has added.
 * @param {string} path relative to the folder `browser`
 * @param {Record<string, unknown>} globals
 * @param {string} [before] a script that runs first
 * @returns {any}
 */
export function load(path, globals, before = '') {
  const context = createContext({ console, URL, setTimeout, clearTimeout, Promise, ...globals });
  runInContext(before + readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'), context, { filename: path });
  return context;
}

/** A target for events that remembers who listens. */
export class Events {
  /** @type {Map<string, ((event: any) => void)[]>} */
  #listeners = new Map();

  /**
   * @param {string} name
   * @param {(event: any) => void} listener
   */
  addEventListener = (name, listener) => {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  };

  /**
   * @param {string} name
   * @param {(event: any) => void} listener
   */
  removeEventListener = (name, listener) => {
    this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((it) => it !== listener));
  };

  /**
   * @param {string} name
   * @param {object} [event]
   */
  send(name, event = {}) {
    for (const listener of this.#listeners.get(name) ?? []) listener(event);
  }
}

/** Waits until everything that was begun with promises is done. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
