import { byId } from './element.ts'

const KEY = 'gossip-price-theme'
const THEMES: ReadonlySet<string> = new Set(['light', 'dark'])

/**
 * The switch between light, dark, and what the system says; remembered on this machine where the browser allows it.
 * What was remembered is already in use: `early.js` saw to it.
 *
 * @param onChange - called when the page has taken on other colours
 */
export function startThemeSwitch({ onChange }: { readonly onChange: () => void }): void {
  const chosen = document.documentElement.dataset['theme'] ?? 'auto'
  for (const input of byId('theme', HTMLFieldSetElement).querySelectorAll('input')) {
    input.checked = input.value === chosen
    input.addEventListener('change', () => {
      use(input.value)
      onChange()
    })
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
}

function use(theme: string): void {
  const isChosen = THEMES.has(theme)
  if (isChosen) document.documentElement.dataset['theme'] = theme
  else delete document.documentElement.dataset['theme']
  try {
    if (isChosen) localStorage.setItem(KEY, theme)
    else localStorage.removeItem(KEY)
  } catch {
    // A browser that keeps nothing shows the choice until the page is closed.
  }
}
