# Who acts, and what each may do. Nobody holds a key file.

locals {
  deploys = var.github != null || var.cloud_build
}

# The server. It has no role in the project but what telemetry needs: its
# secrets and its bucket let it in one by one.
resource "google_service_account" "runtime" {
  project      = var.project
  account_id   = "${var.name}-run"
  display_name = "Stackroom, the server"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "runtime" {
  for_each = setunion(
    var.runtime_roles,
    var.telemetry == "none" ? [] : ["roles/telemetry.tracesWriter"],
    var.telemetry == "direct" ? ["roles/telemetry.metricsWriter"] : [],
    var.telemetry == "collector" ? ["roles/monitoring.metricWriter"] : [],
  )

  project = var.project
  role    = each.value
  member  = google_service_account.runtime.member
}

# The pipeline. It may put up revisions of this one service and move its
# traffic, run them as the server's account, write images into this one
# repository, and read metrics to watch a canary. It can't change who may do
# what.
resource "google_service_account" "deployer" {
  count = local.deploys ? 1 : 0

  project      = var.project
  account_id   = "${var.name}-deploy"
  display_name = "Stackroom, the pipeline"

  depends_on = [google_project_service.api]
}

resource "google_cloud_run_v2_service_iam_member" "deployer" {
  count = local.deploys ? 1 : 0

  project  = var.project
  location = google_cloud_run_v2_service.server.location
  name     = google_cloud_run_v2_service.server.name
  role     = "roles/run.developer"
  member   = google_service_account.deployer[0].member
}

# Where Cloud Run itself asks who is there, the pipeline's first question needs
# to be let in too.
resource "google_cloud_run_v2_service_iam_member" "deployer_asks" {
  count = local.deploys && !var.public ? 1 : 0

  project  = var.project
  location = google_cloud_run_v2_service.server.location
  name     = google_cloud_run_v2_service.server.name
  role     = "roles/run.invoker"
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

# The weekly look at what differs from this configuration. It reads settings,
# never a secret's value.
resource "google_service_account" "planner" {
  count = var.drift_check ? 1 : 0

  project      = var.project
  account_id   = "${var.name}-plan"
  display_name = "Stackroom, the check for drift"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "planner" {
  for_each = var.drift_check ? toset([
    "roles/artifactregistry.reader", "roles/browser", "roles/cloudbuild.builds.viewer", "roles/compute.viewer", "roles/dns.reader",
    "roles/iam.securityReviewer", "roles/iam.workloadIdentityPoolViewer", "roles/logging.viewer", "roles/monitoring.viewer",
    "roles/pubsub.viewer", "roles/run.viewer", "roles/secretmanager.viewer", "roles/serviceusage.serviceUsageConsumer", "roles/storage.bucketViewer",
  ]) : toset([])

  project = var.project
  role    = each.value
  member  = google_service_account.planner[0].member
}

resource "google_storage_bucket_iam_member" "planner" {
  count = var.drift_check ? 1 : 0

  bucket = var.terraform_state_bucket
  role   = "roles/storage.objectViewer"
  member = google_service_account.planner[0].member
}

# GitHub's own tokens stand in for keys: only workflows of this repository and
# this owner, by number, on main, started by a push, by hand or by the clock;
# so never by pull_request_target, which runs on main with a stranger's input.
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
