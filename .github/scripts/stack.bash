# shellcheck shell=bash
# What the scripts beside this file share. Sourced, from the repository's root.

export PULUMI_SKIP_UPDATE_CHECK=true

# `infra/resources/resource-group.ts` tags everything with it and with the stack's name.
project=$(sed -nE "s/^name: *[\"']?([A-Za-z0-9_.-]+).*/\1/p" Pulumi.yaml)

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# An unset secret arrives as an empty one, and an empty passphrase would encrypt like any other.
case ${PULUMI_BACKEND_URL-} in
'' | http*) [[ -n ${PULUMI_ACCESS_TOKEN-} ]] || fail 'Pulumi Cloud needs the secret PULUMI_ACCESS_TOKEN: see docs/ci.md' ;;
*) [[ -n ${PULUMI_CONFIG_PASSPHRASE-} ]] || fail "$PULUMI_BACKEND_URL needs the secret PULUMI_CONFIG_PASSPHRASE: see docs/ci.md" ;;
esac

# The stack of a pull request. Nothing but a number gets through, so that no other stack is ever torn down.
stack_of() {
  [[ $1 =~ ^[1-9][0-9]*$ ]] || fail "Not the number of a pull request: $1"
  printf 'pr-%s' "$1"
}

# The project's stacks as JSON: [{"name", "lastUpdate"}]
stacks() {
  pulumi stack ls --output json | jq 'map({name: (.name | split("/") | last), lastUpdate})'
}

stack_exists() {
  local known
  known=$(stacks)
  jq --exit-status --arg stack "$1" 'any(.name == $stack)' <<<"$known" >/dev/null
}

# A lock that a killed run left behind. Where nothing is locked, Pulumi Cloud calls this an error.
unlock() {
  pulumi cancel --yes --stack "$1" || true
}

# STACK_CONFIG is a JSON object, {"botSku": "S1"}: the settings beside those in a committed Pulumi.<stack>.yaml.
configure() {
  local settings
  settings=$(jq --compact-output 'with_entries(.value |= {value: tostring})' <<<"${STACK_CONFIG:-}")
  [[ -z $settings ]] || pulumi config set-all --stack "$1" --json "$settings"
}
