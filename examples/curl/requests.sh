#!/bin/sh
# A message, a stream, counted tokens and the list of models.
set -eu
url="${ANTHROPIC_BASE_URL:-http://127.0.0.1:11435}"
model="${MODEL:-mini}"

ask() {
  curl --silent --show-error --fail-with-body --no-buffer "$url$1" \
    --header 'content-type: application/json' --header 'x-api-key: portico' --data "$2"
  echo
}

messages='[{"role":"user","content":"Count from 1 to 3"}]'
ask /v1/messages "{\"model\":\"$model\",\"max_tokens\":100,\"temperature\":0,\"messages\":$messages}"
ask /v1/messages "{\"model\":\"$model\",\"max_tokens\":100,\"temperature\":0,\"stream\":true,\"messages\":$messages}"
ask /v1/messages/count_tokens "{\"model\":\"$model\",\"messages\":$messages}"
curl --silent --show-error --fail-with-body "$url/v1/models" --header 'x-api-key: portico'
