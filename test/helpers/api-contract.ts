import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Answer } from './api-at-work.ts'

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>
}

interface Operation {
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly headers?: Readonly<Record<string, { readonly required: boolean }>>
        readonly content?: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>
      }
    >
  >
  readonly 'x-events'?: Readonly<Record<string, { readonly $ref: string }>>
}

/** What the OpenAPI document of a server promises; every answer is held against it. */
export class Contract {
  readonly #document: OpenApi
  readonly #ajv: Ajv2020

  constructor(document: unknown) {
    this.#document = document as OpenApi
    this.#ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, allowUnionTypes: true })
    this.#ajv.addVocabulary(['components'])
    addFormats.default(this.#ajv)
    this.#ajv.addSchema({ $id: DOCUMENT, components: (document as { components: object }).components }, DOCUMENT, false)
  }

  get paths(): readonly string[] {
    return Object.keys(this.#document.paths)
  }

  /** @param path - as the document writes it */
  check(path: string, answer: Answer): void {
    const operation = this.#document.paths[path]?.get ?? assert.fail(`the document has no ${path}`)
    const response = operation.responses[answer.status]
    assert.ok(response !== undefined, `${path}: the document has no status ${answer.status}`)
    for (const [name, { required }] of Object.entries(response.headers ?? {})) {
      assert.ok(
        !required || answer.headers[name.toLowerCase()] !== undefined,
        `${path}: ${answer.status} without ${name}`,
      )
    }
    if (response.content === undefined) {
      assert.equal(answer.body, '')
      return
    }
    const type = answer.headers['content-type']?.split(';')[0] ?? ''
    const content = response.content[type]
    assert.ok(content !== undefined, `${path}: the document has no ${type} for status ${answer.status}`)
    if (content.schema.$ref !== undefined) this.#validate(content.schema.$ref, answer.json(), `${path} ${answer.body}`)
  }

  /** @param data - JSON of an event of the stream */
  checkEvent(event: string, data: string): void {
    const ref = this.#document.paths['/v1/stream']?.get['x-events']?.[event]?.$ref
    assert.ok(ref !== undefined, `the document has no event ${event}`)
    this.#validate(ref, JSON.parse(data), `${event} ${data}`)
  }

  #validate(ref: string, value: unknown, what: string): void {
    const validate: ValidateFunction =
      this.#ajv.getSchema(`${DOCUMENT}${ref}`) ?? this.#ajv.compile({ $ref: `${DOCUMENT}${ref}` })
    assert.ok(validate(value), `${what}: ${this.#ajv.errorsText(validate.errors)}`)
  }
}

const DOCUMENT = 'openapi.json'
