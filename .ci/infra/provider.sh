# shellcheck shell=bash
# The Google provider for Terraform, for steps 84 and 86. Sourced after
# .ci/install.sh.
#
# The real one is used where STACKROOM_TF_PROVIDER_DIR names a folder of
# plugins that has it (registry.terraform.io/hashicorp/google/VERSION/...).
# Otherwise there is a stub beside the repository: it has the provider's schema,
# plans with mocks alone, and knows no patterns of values.
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1

readonly TERRAFORM_VERSION=v1.11.4

# find_terraform prints a Terraform of at least 1.11.
find_terraform() {
  local found
  if found=$(command -v terraform) && "$found" version 2>/dev/null | grep -E '^Terraform v(1\.(1[1-9]|[2-9][0-9])|[2-9])' >/dev/null; then
    echo "$found"
  else
    install_go github.com/hashicorp/terraform $TERRAFORM_VERSION
  fi
}

# stub_provider TOOLS: builds the stub once, with the types of resources of
# .ci/infra/schema.json beside its own, and prints its plugin folder.
stub_provider() {
  local tools=$1 home source
  home=$(cache_folder terraform-stub "$tools"/terraform/install-stub "$tools"/terraform/stub-provider/* .ci/infra/schema.json)
  if [ ! -d "$home/registry.terraform.io" ]; then
    source=$(mktemp -d)
    build_stub "$tools" "$source" "$home" >&2 || { rm -rf "$source" "$home"; return 1; }
    rm -rf "$source"
  fi
  echo "$home"
}

build_stub() {
  cp -r "$1/terraform/." "$2/" && chmod -R u+w "$2" || return
  zcat "$1/terraform/stub-provider/schema.json.gz" |
    jq -c --slurpfile more .ci/infra/schema.json '.provider_schemas[].resource_schemas += $more[0]' |
    gzip -n >"$2/stub-provider/schema.json.gz" || return
  bash "$2/install-stub" "$3"
}

# terraform_copy TERRAFORM PLUGINS FOLDER: a copy of infra/ that is initialised.
# The lock file is left out: it has the checksums of the published provider.
terraform_copy() {
  rm -rf "$3"
  mkdir -p "$3"
  cp -r infra/. "$3/"
  rm -rf "$3"/.terraform*
  (cd "$3" && "$1" init -backend=false -input=false -no-color -plugin-dir="$2")
}
