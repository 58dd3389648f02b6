/** What the service worker keeps. */
export interface Shell {
  /** Another one whenever any of the files is another one. */
  version: string;
  /** The paths of the page and of all that it needs. */
  files: string[];
}
