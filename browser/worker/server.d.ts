/** The version of the site and its language. The server writes it before the worker's script. */
declare const VERSION: string;
/** Paths of files that the chat loads on demand. The server writes them before the worker's script. */
declare const PARTS: string[];
