# The accounts, and what each may do. No account has a key file.

locals {
  deploys = var.github != null || var.cloud_build
  # Vertex AI embeds works: docs/embeddings.md.
  vertex = startswith(lookup(var.settings, "STACKROOM_EMBED_URL", ""), "vertex:")
}

# The server. Its only roles in the project are those of telemetry and, if it embeds
# works there, of Vertex AI. Roles on its secrets and its bucket are granted one by one.
resource "google_service_account" "runtime" {
  project      = var.project
  account_id   = "${var.name}-run"
  display_name = "Stackroom, the server"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "runtime" {
  for_each = setunion(
    var.runtime_roles,
    local.vertex ? ["roles/aiplatform.user"] : [],
    var.telemetry == "none" ? [] : ["roles/telemetry.tracesWriter"],
    var.telemetry == "direct" ? ["roles/telemetry.metricsWriter"] : [],
    var.telemetry == "collector" ? ["roles/monitoring.metricWriter"] : [],
  )

  project = var.project
  role    = each.value
  member  = google_service_account.runtime.member
}

# The pipeline. It can make revisions of this service and move its traffic, run
# them as the server's account, write images into this repository, and read
# metrics to judge a canary. It can't change roles.
resource "google_service_account" "deployer" {
  count = local.deploys ? 1 : 0

  project      = var.project
  account_id   = "${var.name}-deploy"
  display_name = "Stackroom, the pipeline"

  depends_on = [google_project_service.api]
}

resource "google_cloud_run_v2_service_iam_member" "deployer" {
  count = local.deploys ? length(local.regions) : 0

  project  = var.project
  location = google_cloud_run_v2_service.server[count.index].location
  name     = google_cloud_run_v2_service.server[count.index].name
  role     = "roles/run.developer"
  member   = google_service_account.deployer[0].member
}

resource "google_service_account_iam_member" "deployer_acts_as_runtime" {
  count = local.deploys ? 1 : 0

  service_account_id = google_service_account.runtime.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.deployer[0].member
}

resource "google_artifact_registry_repository_iam_member" "deployer" {
  count = local.deploys ? 1 : 0

  project    = var.project
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.deployer[0].member
}

resource "google_project_iam_member" "deployer" {
  for_each = setunion(
    local.deploys ? ["roles/monitoring.viewer"] : [],
    var.cloud_build ? ["roles/logging.logWriter"] : [],
  )

  project = var.project
  role    = each.value
  member  = google_service_account.deployer[0].member
}

# The weekly check for drift. It reads configuration, never the value of a
# secret.
resource "google_service_account" "planner" {
  count = var.drift_check ? 1 : 0

  project      = var.project
  account_id   = "${var.name}-plan"
  display_name = "Stackroom, the check for drift"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "planner" {
  for_each = var.drift_check ? toset(concat([
    "roles/artifactregistry.reader", "roles/browser", "roles/cloudbuild.builds.viewer", "roles/compute.viewer", "roles/dns.reader",
    "roles/iam.securityReviewer", "roles/iam.workloadIdentityPoolViewer", "roles/logging.viewer", "roles/monitoring.viewer",
    "roles/pubsub.viewer", "roles/run.viewer", "roles/secretmanager.viewer", "roles/serviceusage.serviceUsageConsumer", "roles/storage.bucketViewer",
  ], var.binary_authorization ? ["roles/binaryauthorization.policyViewer"] : [])) : toset([])

  project = var.project
  role    = each.value
  member  = google_service_account.planner[0].member
}

# A budget belongs to the billing account, not to the project.
resource "google_billing_account_iam_member" "planner" {
  count = var.drift_check && var.budget != null ? 1 : 0

  billing_account_id = var.budget.billing_account
  role               = "roles/billing.viewer"
  member             = google_service_account.planner[0].member
}

resource "google_storage_bucket_iam_member" "planner" {
  count = var.drift_check ? 1 : 0

  bucket = var.terraform_state_bucket
  role   = "roles/storage.objectViewer"
  member = google_service_account.planner[0].member
}

# GitHub's tokens replace keys. They are accepted from workflows of this
# repository and this owner, by number, on main, started by a push, by hand or
# by a schedule; never by pull_request_target, which runs on main with the input
# of a fork.
resource "google_iam_workload_identity_pool" "github" {
  count = var.github == null ? 0 : 1

  project                   = var.project
  workload_identity_pool_id = "${var.name}-github"
  display_name              = "Stackroom, GitHub"

  depends_on = [google_project_service.api]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  count = var.github == null ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "actions"
  display_name                       = "GitHub Actions"

  attribute_mapping = {
    "google.subject"                = "assertion.sub"
    "attribute.repository_id"       = "assertion.repository_id"
    "attribute.repository_owner_id" = "assertion.repository_owner_id"
    "attribute.ref"                 = "assertion.ref"
    "attribute.event_name"          = "assertion.event_name"
    # One workflow file of one repository, to tell the pipeline from the check
    # for drift: 1234567:deploy.yml.
    "attribute.workflow" = "assertion.repository_id + ':' + assertion.workflow_ref.extract('/.github/workflows/{file}@')"
  }

  attribute_condition = join(" && ", [
    "assertion.repository_id == '${var.github.repository_id}'",
    "assertion.repository_owner_id == '${var.github.owner_id}'",
    "assertion.ref == 'refs/heads/main'",
    "assertion.event_name in ['push', 'workflow_dispatch', 'schedule']",
  ])

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

locals {
  workflow_accounts = var.github == null ? {} : merge(
    { "deploy.yml" = google_service_account.deployer[0].name },
    var.drift_check ? { "drift.yml" = google_service_account.planner[0].name } : {},
  )
}

resource "google_service_account_iam_member" "workflow" {
  for_each = local.workflow_accounts

  service_account_id = each.value
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.workflow/${var.github.repository_id}:${each.key}"
}
