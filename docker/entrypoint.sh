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
exec node /app/dist/main.js "$@"
