# Secrets, each readable by those who need it and nobody else.
#
# The server gets references (sm://...) and reads the values itself, instead of
# Cloud Run putting them into its environment. So a new version is taken up
# while the server runs, with the previous one good for a while, without a
# deploy; the service can be made before the values are there; and no value
# stands in a revision, where everybody reads it who may look at the service.

locals {
  secret_settings = toset([
    "ZOTERO_API_KEY", "STACKROOM_TOKENS", "STACKROOM_OIDC_POLICY",
    "STACKROOM_MASTER_KEY", "ZOTERO_OAUTH_CLIENT_KEY", "ZOTERO_OAUTH_CLIENT_SECRET",
  ])

  needed_secrets = {
    none   = []
    tokens = ["STACKROOM_TOKENS"]
    oidc   = []
    zotero = ["STACKROOM_MASTER_KEY", "ZOTERO_OAUTH_CLIENT_KEY", "ZOTERO_OAUTH_CLIENT_SECRET"]
  }

  secrets = setunion(var.secrets, lookup(local.needed_secrets, var.auth, []))

  # The token that the pipeline asks its first question with.
  smoke_token = local.deploys && var.auth == "tokens"
}

resource "google_secret_manager_secret" "setting" {
  for_each = local.secrets

  project             = var.project
  secret_id           = "${var.name}-${lower(replace(each.value, "_", "-"))}"
  deletion_protection = var.deletion_protection
  labels              = { service = var.name }

  # What was destroyed by mistake can be had back for a week.
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
    # Secret Manager moves it on itself each time.
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

# When a version was made, so that the server can say how old its keys are and
# how long a former one stays good. It shows no value.
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
  secret_data_wo         = var.secret_values[each.key]
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

# The reminder: Secret Manager says on a topic that a secret's time has come,
# and an alert (monitoring.tf) on messages there writes the e-mail.
resource "google_pubsub_topic" "rotation" {
  count = var.rotation_days == null ? 0 : 1

  project = var.project
  name    = "${var.name}-rotation"

  depends_on = [google_project_service.api]
}

# Secret Manager's own account, which gcloud beta services identity create
# --service=secretmanager.googleapis.com makes.
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
