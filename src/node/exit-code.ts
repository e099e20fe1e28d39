/** What processes of ours end with. */
export const EXIT = {
  /** Something failed that may not fail again. */
  failed: 1,
  /** Rows could not be judged, so that nobody can say whether they are true. */
  unjudged: 2,
  /**
   * Starting again cannot help: the configuration, the disk or an address must be mended first. EX_CONFIG.
   *
   * @see https://man.openbsd.org/sysexits.3
   */
  hopeless: 78,
} as const
