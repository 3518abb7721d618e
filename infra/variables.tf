# The inputs. All but the project and the first image have a default, and the
# defaults cost nothing while there are no requests. Further inputs: variables_size.tf,
# variables_network.tf, variables_pipeline.tf, variables_alerts.tf.

variable "project" {
  description = "ID of the Google Cloud project that everything is made in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project is a project ID: 6 to 30 lower-case letters, digits and hyphens, as gcloud projects list shows it."
  }
}

variable "region" {
  description = "Region of the service, its images and its bucket."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a Cloud Run region such as europe-west1 or us-central1."
  }
}

variable "name" {
  description = "Name of the service; everything else is named after it."
  type        = string
  default     = "stackroom"

  validation {
    # Service accounts have 30 characters, and "-deploy" goes onto the name.
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}[a-z0-9]$", var.name))
    error_message = "name is 3 to 21 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "image" {
  description = "Image that the service is created with, by digest. Afterwards the pipeline owns the image, and a change here has no effect."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is named by digest, REGION-docker.pkg.dev/PROJECT/REPOSITORY/stackroom@sha256:...: a tag can be moved to another image."
  }

  validation {
    condition     = !var.binary_authorization || startswith(var.image, "${local.image_repository}/")
    error_message = "binary_authorization allows images of the project's own repository alone: build the first image there."
  }
}

variable "binary_authorization" {
  description = "Let Cloud Run itself refuse images of any other repository (Binary Authorization). It sets the project's policy, of which there is one."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Refuse to destroy the service, its secrets and its bucket. Pass -var=deletion_protection=false to the first apply, which may have to replace a service that did not start, and to the apply before a teardown."
  type        = bool
  default     = true
}

# Callers.

variable "auth" {
  description = "How callers sign in (STACKROOM_AUTH): tokens, oidc or zotero; none only together with public = false."
  type        = string
  default     = "tokens"

  validation {
    condition     = contains(["none", "tokens", "oidc", "zotero"], var.auth)
    error_message = "auth is none, tokens, oidc or zotero."
  }
}

variable "public" {
  description = "Let every request reach the server, which then asks for a token itself. False: Cloud Run asks for an identity token of an account with roles/run.invoker."
  type        = bool
  default     = true

  validation {
    condition     = !var.public || var.auth != "none"
    error_message = "public needs sign-in: set auth to tokens, oidc or zotero, or public to false."
  }
}

variable "settings" {
  description = "Further settings of the server by the names of its environment variables, none of them secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.settings), local.secret_settings)) == 0
    error_message = "a key or token doesn't belong in settings, which every viewer of the service can read: name it in secrets."
  }

  validation {
    condition     = length(setintersection(keys(var.settings), local.owned_settings)) == 0
    error_message = "settings names a variable that follows from another input, such as auth, domain, memory_mib or telemetry: set that one."
  }

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "the keys of settings are names of environment variables, such as STACKROOM_OIDC_ISSUER."
  }

  validation {
    condition     = var.auth != "oidc" || contains(keys(var.settings), "STACKROOM_OIDC_ISSUER")
    error_message = "auth = oidc needs settings = { STACKROOM_OIDC_ISSUER = \"https://...\" }."
  }

  # The server's own default is 60 s (pkg/config). Only durations in seconds are
  # compared; the server checks the rest.
  validation {
    condition     = tonumber(try(regex("^([0-9]{1,5})s$", lookup(var.settings, "STACKROOM_REQUEST_TIMEOUT", "60s"))[0], "0")) < var.timeout_seconds
    error_message = "STACKROOM_REQUEST_TIMEOUT must be shorter than timeout_seconds: the server's own answer says why a call ended."
  }
}

# Secrets.

variable "secrets" {
  description = "Secret settings to keep in Secret Manager beside those that auth needs, such as ZOTERO_API_KEY."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.secrets, local.secret_settings)) == 0
    error_message = "secrets may name ZOTERO_API_KEY, STACKROOM_TOKENS, STACKROOM_OIDC_POLICY, STACKROOM_OIDC_CLIENT_SECRET, STACKROOM_PROBE_TOKEN, STACKROOM_MASTER_KEY, ZOTERO_OAUTH_CLIENT_KEY, ZOTERO_OAUTH_CLIENT_SECRET and STACKROOM_EMBED_KEY."
  }

  validation {
    condition     = !contains(var.secrets, "STACKROOM_OIDC_CLIENT_SECRET") || local.member_tokens
    error_message = "STACKROOM_OIDC_CLIENT_SECRET belongs to auth = oidc with settings = { STACKROOM_OIDC_CLIENT_ID = ... }."
  }

  validation {
    condition     = var.auth != "zotero" || !contains(var.secrets, "ZOTERO_API_KEY")
    error_message = "with auth = zotero each member has a key of their own: take ZOTERO_API_KEY out of secrets."
  }
}

variable "secret_versions" {
  description = "Versions to keep secrets at, by setting. Without one the server follows the newest version while it runs, and the previous one stays valid for a while."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^[1-9][0-9]*$", version))])
    error_message = "a version is a number. To follow the newest version leave the setting out."
  }

  validation {
    condition     = length(setsubtract(keys(var.secret_versions), local.secrets)) == 0
    error_message = "secret_versions names a setting that is not among the secrets of this deployment."
  }
}

variable "secret_values" {
  description = "Values to store, by setting. Neither the state nor a plan holds them. They are stored when the setting's number in secret_generations rises."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true
}

variable "secret_generations" {
  description = "Raise a setting's number to store its value from secret_values as a new version, instead of gcloud secrets versions add."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.secret_generations), local.secrets)) == 0
    error_message = "secret_generations names a setting that is not among the secrets of this deployment."
  }

  validation {
    condition     = alltrue([for generation in values(var.secret_generations) : generation >= 1 && floor(generation) == generation])
    error_message = "secret_generations are whole numbers from 1."
  }

  validation {
    condition     = var.probe_period_seconds == null || contains(keys(var.secret_generations), "STACKROOM_PROBE_TOKEN")
    error_message = "probe_period_seconds needs secret_generations = { STACKROOM_PROBE_TOKEN = 1 } and the token in secret_values, since the check has to send it."
  }
}

variable "rotation_days" {
  description = "Remind alert_emails when a secret is this old, in days. Null: never."
  type        = number
  default     = null

  validation {
    condition     = var.rotation_days == null ? true : var.rotation_days >= 7 && var.rotation_days <= 365 && floor(var.rotation_days) == var.rotation_days
    error_message = "rotation_days is a whole number from 7 to 365."
  }
}

variable "runtime_roles" {
  description = "Further project roles of the server's account. It needs none."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for role in var.runtime_roles : can(regex("^(roles|projects/[a-z0-9-]+/roles|organizations/[0-9]+/roles)/[A-Za-z0-9_.]+$", role))])
    error_message = "runtime_roles are names of roles, such as roles/cloudtrace.agent."
  }

  validation {
    condition     = alltrue([for role in var.runtime_roles : !can(regex("(^roles/(owner|editor|viewer)$|[aA]dmin$|\\.secretAccessor$|\\.serviceAccountTokenCreator$)", role))])
    error_message = "owner, editor, viewer, administrators, project-wide secret readers and token creators are too much for a server."
  }
}
