# Secrets. Each is readable by the accounts that use it, and by no other.
#
# The server gets references (sm://...) and reads the values itself; Cloud Run
# doesn't put them into its environment. A new version is used while the server
# runs, without a deploy, and the previous one stays valid for a while. The
# service can be made before the values exist, and no value is in a revision,
# which every viewer of the service can read.

locals {
  secret_settings = toset([
    "ZOTERO_API_KEY", "STACKROOM_TOKENS", "STACKROOM_OIDC_POLICY", "STACKROOM_OIDC_CLIENT_SECRET", "STACKROOM_PROBE_TOKEN",
    "STACKROOM_MASTER_KEY", "ZOTERO_OAUTH_CLIENT_KEY", "ZOTERO_OAUTH_CLIENT_SECRET", "STACKROOM_EMBED_KEY",
  ])

  needed_secrets = {
    none   = []
    tokens = ["STACKROOM_TOKENS"]
    oidc   = local.member_tokens ? ["STACKROOM_MASTER_KEY"] : []
    zotero = ["STACKROOM_MASTER_KEY", "ZOTERO_OAUTH_CLIENT_KEY", "ZOTERO_OAUTH_CLIENT_SECRET"]
  }

  # With a client of its own at the identity provider, members make personal
  # access tokens. The server seals them and records which were revoked.
  member_tokens = var.auth == "oidc" && contains(keys(var.settings), "STACKROOM_OIDC_CLIENT_ID")

  # Where people sign in, the pipeline can't. It asks /probe, which takes a token
  # that allows one search over the sample and nothing else.
  pipeline_probes  = local.deploys && contains(["oidc", "zotero"], var.auth)
  probe            = local.pipeline_probes || var.probe_period_seconds != null
  probe_generation = lookup(var.secret_generations, "STACKROOM_PROBE_TOKEN", 0)

  secrets = setunion(var.secrets, lookup(local.needed_secrets, var.auth, []), local.probe ? ["STACKROOM_PROBE_TOKEN"] : [])

  # The token of the pipeline's first question.
  smoke_token = local.deploys && var.auth == "tokens"
}

resource "google_secret_manager_secret" "setting" {
  for_each = local.secrets

  project             = var.project
  secret_id           = "${var.name}-${lower(replace(each.value, "_", "-"))}"
  deletion_protection = var.deletion_protection
  labels              = { service = var.name }

  # A version destroyed by mistake can be restored for a week.
  version_destroy_ttl = "604800s"

  replication {
    auto {}
  }

  dynamic "topics" {
    for_each = google_pubsub_topic.rotation[*].id
    content {
      name = topics.value
    }
  }

  dynamic "rotation" {
    for_each = var.rotation_days == null ? [] : [var.rotation_days]
    content {
      rotation_period    = "${rotation.value * 86400}s"
      next_rotation_time = timeadd(plantimestamp(), "${rotation.value * 24}h")
    }
  }

  lifecycle {
    # Secret Manager sets the next time itself.
    ignore_changes = [rotation[0].next_rotation_time]
  }

  depends_on = [google_project_service.api, google_project_iam_member.rotation]
}

resource "google_secret_manager_secret_iam_member" "runtime" {
  for_each = google_secret_manager_secret.setting

  project   = var.project
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime.member
}

# The dates of versions, so that the server can report the age of its keys and
# how long the previous one stays valid. The role shows no value.
resource "google_secret_manager_secret_iam_member" "runtime_dates" {
  for_each = google_secret_manager_secret.setting

  project   = var.project
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.viewer"
  member    = google_service_account.runtime.member
}

resource "google_secret_manager_secret_version" "setting" {
  for_each = var.secret_generations

  secret                 = google_secret_manager_secret.setting[each.key].id
  secret_data_wo         = lookup(var.secret_values, each.key, "") # only read when the generation rises
  secret_data_wo_version = each.value
}

resource "google_secret_manager_secret" "smoke_token" {
  count = local.smoke_token ? 1 : 0

  project             = var.project
  secret_id           = "${var.name}-smoke-token"
  deletion_protection = var.deletion_protection
  labels              = { service = var.name }

  replication {
    auto {}
  }

  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_iam_member" "smoke_token" {
  count = local.smoke_token ? 1 : 0

  project   = var.project
  secret_id = google_secret_manager_secret.smoke_token[0].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.deployer[0].member
}

resource "google_secret_manager_secret_iam_member" "probe_token" {
  count = local.pipeline_probes ? 1 : 0

  project   = var.project
  secret_id = google_secret_manager_secret.setting["STACKROOM_PROBE_TOKEN"].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.deployer[0].member
}

# The reminder: Secret Manager sends a message to a topic when a secret is due,
# and an alert on messages there (alerts.tf) sends the e-mail.
resource "google_pubsub_topic" "rotation" {
  count = var.rotation_days == null ? 0 : 1

  project = var.project
  name    = "${var.name}-rotation"

  depends_on = [google_project_service.api]
}

# Secret Manager's own account. gcloud beta services identity create
# --service=secretmanager.googleapis.com makes it.
resource "google_project_iam_member" "rotation" {
  count = var.rotation_days == null ? 0 : 1

  project = var.project
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"

  condition {
    title      = "only the reminder's topic"
    expression = "resource.name == \"projects/${var.project}/topics/${var.name}-rotation\""
  }
}
