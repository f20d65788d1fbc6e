# shellcheck shell=bash
# Functions that the scripts in this folder share. They source this file in the repository's root.

export PULUMI_SKIP_UPDATE_CHECK=true

# The project's name. `infra/resources/resource-group.ts` adds it and the stack's name to all resources as tags.
project=$(sed -nE "s/^name: *[\"']?([A-Za-z0-9_.-]+).*/\1/p" Pulumi.yaml)

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# GitHub passes an unset secret as an empty string, and Pulumi would accept an empty passphrase.
case ${PULUMI_BACKEND_URL-} in
'' | http*) [[ -n ${PULUMI_ACCESS_TOKEN-} ]] || fail 'Pulumi Cloud needs the secret PULUMI_ACCESS_TOKEN. See docs/ci.md' ;;
*) [[ -n ${PULUMI_CONFIG_PASSPHRASE-} ]] || fail "$PULUMI_BACKEND_URL needs the secret PULUMI_CONFIG_PASSPHRASE. See docs/ci.md" ;;
esac

# The stack of a pull request. It accepts only numbers, so that no other stack can be removed.
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

# Removes the lock of a killed run. Pulumi Cloud reports an error when the stack is not locked.
unlock() {
  pulumi cancel --yes --stack "$1" || true
}

# STACK_CONFIG is a JSON object such as {"botSku": "S1"}. It adds settings to those in a committed Pulumi.<stack>.yaml.
configure() {
  local settings
  settings=$(jq --compact-output 'with_entries(.value |= {value: tostring})' <<<"${STACK_CONFIG:-}")
  [[ -z $settings ]] || pulumi config set-all --stack "$1" --json "$settings"
}
