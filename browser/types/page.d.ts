/** Why a page did not start: it was changed on its way, a part could not be loaded, or the program has crashed. */
type Failure = 'altered' | 'held' | 'stopped';

/** The data attributes of the element of `inline/early.js`; see `app/src/shell.rs`. */
interface EarlyData extends Record<Failure, string> {
  /** How many comments and elements of some kinds the document has. */
  nodes: string;
  /** Path of `modules/rescue.js`. */
  rescue: string;
  /** The base path of the server, without a slash at the end. */
  base: string;
  /** The user's id; absent if nobody is signed in. */
  user?: string;
  /** Label of the button that loads the page again. */
  again: string;
}

/** What the page's other scripts use of `inline/early.js`. */
interface Early {
  /** Reports a failure and lets the user write without the program. Only the first call counts. */
  stop(why: Failure): void;
  /** The program is being loaded. Throws if `stop` was called before. */
  begin(): void;
  /** Whether the page is to be rendered anew instead of hydrated. If so, the user is told. */
  isAltered(): boolean;
  /** The page is hydrated. */
  wake(): void;
}

/** What `inline/early.js` gives to `modules/rescue.js`. */
interface RescuePage {
  /** The base path of the server, without a slash at the end. */
  base: string;
  /** The user's id; absent if nobody is signed in. */
  user: string | undefined;
  /** Returns the key under which the draft of this conversation is stored. */
  draftKey(): string;
  /** Stores the draft. */
  store(): void;
}

interface Window {
  early: Early;
  /** The Navigation API, which not all browsers have. */
  readonly navigation?: EventTarget;
}
