import type { Command } from 'commander'
import { helpText } from './help-text.ts'

export interface JsonOption {
  readonly json?: boolean
}

export interface OutputOptions extends JsonOption {
  /** Keystore to write. */
  readonly out?: string
  readonly passwordFile?: string
  readonly light?: boolean
}

export interface SourceOptions extends JsonOption {
  /** Keystore to read. */
  readonly keyFile?: string
  readonly keyPasswordFile?: string
}

const FILES_HELP = `
A keystore is a Web3 Secret Storage file (version 3), as geth and other wallets read it. Its password stands in the
first line of a file beside it; where there is no such file, a password is made. Both can be read by their owner only.`

const JSON_HELP = 'one JSON object a line and key, never with the key itself'

/** `gossip-price keys`: signing keys, without showing them. */
export function registerKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('make, show, import and export signing keys')
    .addHelpText('after', helpText(FILES_HELP))

  withOutput(keys.command('new').description('make a signing key'))
    .option('--if-missing', 'when there is such a keystore already, show it and succeed')
    .action(async (options: OutputOptions & { readonly ifMissing?: boolean }) => {
      const { newKey } = await import('./keys-actions.ts')
      await newKey(options)
    })

  withSource(keys.command('show').description("show the signing key's address and file, never the key"))
    .option('--address-only', 'print the address and nothing else')
    .option('--json', JSON_HELP)
    .action(async (options: SourceOptions & { readonly addressOnly?: boolean }) => {
      const { showKey } = await import('./keys-actions.ts')
      await showKey(options)
    })

  withOutput(
    keys
      .command('import')
      .description('put a key into a keystore: a private key from standard input, or the key of another keystore')
      .argument('[keystore]', 'keystore to take the key from'),
  )
    .option('--key-password-file <file>', 'file with the password of that keystore (default: beside it)')
    .addHelpText(
      'after',
      '\nA private key is 64 hexadecimal digits:\n  gossip-price keys import --out key.json < private-key.txt',
    )
    .action(async (keystore: string | undefined, options: OutputOptions & SourceOptions) => {
      const { importKey } = await import('./keys-actions.ts')
      await importKey({ ...options, ...(keystore === undefined ? {} : { keyFile: keystore }) })
    })

  withOutput(
    withSource(keys.command('export').description('copy the signing key into a keystore with another password')),
  )
    .option('--raw', 'print the private key itself to standard output: whoever has it signs as this node')
    .action(async (options: OutputOptions & SourceOptions & { readonly raw?: boolean }) => {
      const { exportKey } = await import('./keys-actions.ts')
      await exportKey(options)
    })

  keys
    .command('provision')
    .description('make what nodes need to sign, each in its data directory, unless it is there already')
    .argument('<data-dir...>', 'data directories of the nodes')
    .option('--signers <file>', 'write their addresses there, for GP_SIGNERS=@FILE')
    .option('--json', JSON_HELP)
    .action(async (directories: readonly string[], options: JsonOption & { readonly signers?: string }) => {
      const { provision } = await import('./provision-action.ts')
      await provision(directories, options)
    })
}

function withOutput(command: Command): Command {
  return command
    .option('--out <file>', 'keystore to write (default: where a node with this GP_DATADIR looks for its key)')
    .option('--password-file <file>', 'file with its password, made when there is none (default: beside it)')
    .option('--light', "geth's light derivation: quick to open, for a password that cannot be guessed")
    .option('--json', JSON_HELP)
}

function withSource(command: Command): Command {
  return command
    .option('--key-file <file>', 'keystore to read (default: the key that a node would use)')
    .option('--key-password-file <file>', 'file with its password (default: beside it)')
}
