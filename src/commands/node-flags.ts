import { type Command, InvalidArgumentError } from 'commander'
import { helpText } from './help-text.ts'

/** Which running node a command asks. */
export interface NodeFlags {
  readonly url?: string
  readonly dataDir?: string
}

const HELP = `
Without --url it is the node at GP_HTTPADDR; where that is not set, the one that was started last in this directory, then
the one at 127.0.0.1:8080.`

/** The flags that name a node. */
export function withNodeFlags(command: Command): Command {
  return command
    .option('--url <url>', 'URL of the node that is asked, as http://127.0.0.1:8080', httpUrl)
    .option('--data-dir <directory>', 'data directory of the cluster or node that is asked')
    .addHelpText('after', helpText(HELP))
}

/** @throws {InvalidArgumentError} */
function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('It should be a URL, as http://127.0.0.1:8080.')
}
