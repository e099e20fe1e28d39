// Before the first paint, and therefore no module: else who chose a theme would see the other one flash.
try {
  const theme = localStorage.getItem('gossip-price-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {}
