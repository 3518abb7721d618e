# What an admin may choose. Everything but the project and the first image has
# a default that costs nothing while nobody asks anything.

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
  description = "Image that the service is created with, by digest. From then on the pipeline owns the image: a later change here changes nothing."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is named by digest, REGION-docker.pkg.dev/PROJECT/REPOSITORY/stackroom@sha256:...: a tag can be moved to another image."
  }
}

variable "deletion_protection" {
  description = "Refuse to destroy the service. Set it to false and apply before tearing down."
  type        = bool
  default     = true
}

# Who may call.

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
  description = "Let requests from the internet reach the server, which then asks for a token itself. False: callers need roles/run.invoker."
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
    error_message = "a key or token doesn't go into settings, where everybody reads it who may look at the service: name it in secrets."
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
}

# What is secret.

variable "secrets" {
  description = "Secret settings to keep in Secret Manager beside those that auth needs, such as ZOTERO_API_KEY."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.secrets, local.secret_settings)) == 0
    error_message = "secrets may name ZOTERO_API_KEY, STACKROOM_TOKENS, STACKROOM_OIDC_POLICY, STACKROOM_MASTER_KEY, ZOTERO_OAUTH_CLIENT_KEY and ZOTERO_OAUTH_CLIENT_SECRET."
  }

  validation {
    condition     = var.auth != "zotero" || !contains(var.secrets, "ZOTERO_API_KEY")
    error_message = "with auth = zotero everybody brings a key of their own: take ZOTERO_API_KEY out of secrets."
  }
}

variable "secret_versions" {
  description = "Versions to hold secrets at, by setting. Without one the server follows the newest version while it runs, keeping the previous one good for a while."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^[1-9][0-9]*$", version))])
    error_message = "a secret is held at a version by its number. To follow the newest one leave the setting out: \"latest\" can't be held."
  }

  validation {
    condition     = length(setsubtract(keys(var.secret_versions), local.secrets)) == 0
    error_message = "secret_versions names a setting that is not among the secrets of this deployment."
  }
}

variable "secret_values" {
  description = "Values to store, by setting. They pass through and are kept neither in the state nor in a plan; secret_generations says when."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true
}

variable "secret_generations" {
  description = "Raise a setting's number to store its secret_values anew, for those who don't use gcloud secrets versions add."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.secret_generations), local.secrets)) == 0
    error_message = "secret_generations names a setting that is not among the secrets of this deployment."
  }
}

variable "rotation_days" {
  description = "Remind alert_emails that a secret is this old. Null: don't."
  type        = number
  default     = null

  validation {
    condition     = var.rotation_days == null ? true : var.rotation_days >= 7 && var.rotation_days <= 365 && floor(var.rotation_days) == var.rotation_days
    error_message = "rotation_days is a whole number from 7 to 365."
  }
}

variable "runtime_roles" {
  description = "Further project roles for the account that the server runs as. It needs none."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for role in var.runtime_roles : can(regex("^(roles|projects/[a-z0-9-]+/roles|organizations/[0-9]+/roles)/[A-Za-z0-9_.]+$", role))])
    error_message = "runtime_roles are names of roles, such as roles/cloudtrace.agent."
  }

  validation {
    condition     = alltrue([for role in var.runtime_roles : !can(regex("(^roles/(owner|editor|viewer)$|[aA]dmin$|\\.secretAccessor$|\\.serviceAccountTokenCreator$)", role))])
    error_message = "owner, editor, viewer, administrators, project-wide secret readers and token creators are more than a server may be."
  }
}

# How much of it.

variable "min_instances" {
  description = "Instances kept warm. 0 costs nothing while nobody asks; 1 spares the first question the start."
  type        = number
  default     = 0

  validation {
    condition     = var.min_instances >= 0 && var.min_instances <= var.max_instances
    error_message = "min_instances is from 0 to max_instances."
  }
}

variable "max_instances" {
  description = "The most instances; a bound for the bill too."
  type        = number
  default     = 4

  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 100
    error_message = "max_instances is from 1 to 100."
  }
}

variable "concurrency" {
  description = "Requests that an instance answers at once."
  type        = number
  default     = 80

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000
    error_message = "concurrency is from 1 to 1000 (Cloud Run's own bound)."
  }
}

variable "cpu" {
  description = "Processors of an instance: 1, 2 or 4."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 4], var.cpu)
    error_message = "cpu is 1, 2 or 4."
  }
}

variable "memory_mib" {
  description = "Memory of an instance in MiB; Go keeps its heap within four fifths of it."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mib >= 512 && var.memory_mib <= 8192
    error_message = "memory_mib is from 512 (the least of Cloud Run's second generation) to 8192."
  }
}

variable "timeout_seconds" {
  description = "The longest that Cloud Run lets a request take, in seconds; more than STACKROOM_REQUEST_TIMEOUT, whose answer says why it ended."
  type        = number
  default     = 300

  validation {
    condition     = var.timeout_seconds >= 10 && var.timeout_seconds <= 3600
    error_message = "timeout_seconds is from 10 to 3600."
  }
}

# Where it is reached.

variable "domain" {
  description = "Own host name, served by a load balancer with a managed certificate and Cloud Armor. Null: the service's run.app URL, without the balancer's monthly price."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain is a host name such as library.example.org, without https:// and path."
  }
}

variable "dns_zone" {
  description = "Cloud DNS zone of this project to write the domain's records into. Null: they are written elsewhere, from the output dns_records."
  type        = string
  default     = null

  validation {
    condition     = var.dns_zone == null || var.domain != null
    error_message = "dns_zone needs domain."
  }
}

variable "requests_per_minute" {
  description = "Requests that Cloud Armor lets through from one address in a minute, over all instances."
  type        = number
  default     = 600

  validation {
    condition     = var.requests_per_minute >= 10 && var.requests_per_minute <= 10000
    error_message = "requests_per_minute is from 10 to 10000."
  }
}

variable "blocked_addresses" {
  description = "Address ranges that Cloud Armor turns away."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.blocked_addresses) <= 10 && alltrue([for range in var.blocked_addresses : can(cidrhost(range, 0))])
    error_message = "blocked_addresses are at most 10 ranges such as 203.0.113.0/24 (Cloud Armor's bound for one rule)."
  }

  validation {
    condition     = length(var.blocked_addresses) == 0 || var.domain != null
    error_message = "blocked_addresses needs domain: only the load balancer has Cloud Armor."
  }
}

variable "allowed_addresses" {
  description = "The only address ranges that Cloud Armor lets in; none: all."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.allowed_addresses) <= 10 && alltrue([for range in var.allowed_addresses : can(cidrhost(range, 0))])
    error_message = "allowed_addresses are at most 10 ranges such as 203.0.113.0/24 (Cloud Armor's bound for one rule)."
  }

  validation {
    condition     = length(var.allowed_addresses) == 0 || var.domain != null
    error_message = "allowed_addresses needs domain: only the load balancer has Cloud Armor."
  }
}

# Who deploys.

variable "github" {
  description = "The repository whose main branch deploys, with its numeric IDs and its owner's: names can be given up and taken by others, numbers can't. Null: no pipeline from GitHub."
  type = object({
    repository    = string
    repository_id = string
    owner_id      = string
  })
  default = null

  validation {
    condition     = var.github == null ? true : can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is OWNER/NAME."
  }

  validation {
    condition     = var.github == null ? true : can(regex("^[1-9][0-9]*$", var.github.repository_id)) && can(regex("^[1-9][0-9]*$", var.github.owner_id))
    error_message = "github.repository_id and github.owner_id are numbers: gh api repos/OWNER/NAME --jq '.id, .owner.id'."
  }
}

variable "drift_check" {
  description = "An account that may read the project's configuration, for a weekly terraform plan from the same repository."
  type        = bool
  default     = false

  validation {
    condition     = !var.drift_check || var.github != null && var.terraform_state_bucket != null
    error_message = "drift_check needs github and terraform_state_bucket."
  }
}

variable "terraform_state_bucket" {
  description = "The bucket of this configuration's own state, for drift_check to read."
  type        = string
  default     = null
}

variable "cloud_build" {
  description = "An account for cloudbuild.yaml, for teams without GitHub."
  type        = bool
  default     = false
}

# What is seen.

variable "telemetry" {
  description = "Where traces and metrics go. none: nowhere, Cloud Run's own metrics and the logs remain. direct: to Google's Telemetry API from the server. collector: to an OpenTelemetry collector beside it, which also scrapes its Prometheus metrics."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "direct", "collector"], var.telemetry)
    error_message = "telemetry is none, direct or collector."
  }
}

variable "collector_image" {
  description = "Image of the OpenTelemetry collector, by digest; Google's build of it has all that collector.yaml names."
  type        = string
  default     = null

  validation {
    condition     = var.collector_image == null ? var.telemetry != "collector" : can(regex("^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$", var.collector_image))
    error_message = "telemetry = collector needs collector_image, by digest: IMAGE@sha256:..."
  }
}

variable "trace_ratio" {
  description = "Share of calls that are traced, 0 to 1, where the caller doesn't say."
  type        = number
  default     = 0.1

  validation {
    condition     = var.trace_ratio >= 0 && var.trace_ratio <= 1
    error_message = "trace_ratio is from 0 to 1."
  }
}

variable "alert_emails" {
  description = "Who is told when something is wrong. None: no alerts and no uptime check."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alert_emails are e-mail addresses."
  }
}

variable "availability_goal" {
  description = "Share of requests over 28 days that must not end in a server error."
  type        = number
  default     = 0.995

  validation {
    condition     = var.availability_goal >= 0.9 && var.availability_goal <= 0.9999
    error_message = "availability_goal is from 0.9 to 0.9999."
  }
}

variable "latency_goal" {
  description = "Share of requests over 28 days that must be answered within latency_ms."
  type        = number
  default     = 0.95

  validation {
    condition     = var.latency_goal >= 0.5 && var.latency_goal <= 0.999
    error_message = "latency_goal is from 0.5 to 0.999."
  }
}

variable "latency_ms" {
  description = "What counts as an answer in time, in milliseconds, measured by Cloud Run."
  type        = number
  default     = 2000

  validation {
    condition     = var.latency_ms >= 50 && var.latency_ms <= 60000
    error_message = "latency_ms is from 50 to 60000."
  }
}

variable "budget" {
  description = "Say when the project's month costs half, nine tenths and all of amount. Null: no budget."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "EUR")
  })
  default = null

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account)) && var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount && can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "budget has a billing_account such as 01ABCD-23EF45-6789AB, a whole amount of at least 1 and a currency such as EUR, the account's own."
  }
}
