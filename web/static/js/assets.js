// Where the page's own files lie: beside this one, under the version that the hub put into its path.

const here = new URL('..', import.meta.url);

/** @param {string} name below static/ */
export const asset = (name) => new URL(name, here).pathname;

/** The version of these pages; '' where they are served without one. */
export const version = /\/static\/([0-9a-f]{16})\//.exec(here.pathname)?.[1] ?? '';
