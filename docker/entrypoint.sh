#!/bin/sh
# Compose cannot set one variable when a profile is active, so it hands the profiles in and this turns `simulate`
# into what a node must know: another source, another network, another place to ask.
set -eu
case ",${COMPOSE_PROFILES:-}," in
  *,simulate,*)
    export GP_SOURCE=simulated
    export GP_PRICEURL="${GP_PRICEURL:-http://simulated-prices:8080/v2/exchange-rates}"
    network="${GP_NETWORK:-gossip-price}"
    export GP_NETWORK="${network%-simulated}-simulated"
    ;;
esac
# A young generation of a few megabytes is enough for a node, and takes some 30 MB less than the default.
exec node --max-semi-space-size=2 /app/dist/main.js "$@"
