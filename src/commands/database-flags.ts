/** How a person says which database. */
export interface DatabaseFlags {
  readonly database?: string
  readonly dataDir?: string
}

/** The help that goes with {@link DatabaseFlags}. */
export const DATABASE_HELP = `
Without --database and GP_DATABASEURL, it is the database of the cluster or the node that was started in this directory.`
