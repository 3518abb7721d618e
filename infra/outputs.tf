# What to give to whom.

output "url" {
  description = "The URL to give to the team: people paste it into their assistant."
  value       = "${local.public_url}/mcp"
}

output "page" {
  description = "The page that says how to connect each client."
  value       = local.public_url
}

output "repository" {
  description = "Where the pipeline puts the images."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "secrets" {
  description = "The secrets that want a value, by setting: gcloud secrets versions add NAME --data-file=-"
  value       = { for setting, secret in google_secret_manager_secret.setting : setting => secret.secret_id }
}

output "pipeline" {
  description = "What the pipeline needs to know: the repository's variables in GitHub."
  value = var.github == null ? null : {
    GCP_PROJECT                    = var.project
    GCP_REGION                     = var.region
    GCP_SERVICE                    = var.name
    GCP_IMAGE                      = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}/stackroom"
    GCP_WORKLOAD_IDENTITY_PROVIDER = google_iam_workload_identity_pool_provider.github[0].name
    GCP_DEPLOY_SERVICE_ACCOUNT     = google_service_account.deployer[0].email
    GCP_PLAN_SERVICE_ACCOUNT       = var.drift_check ? google_service_account.planner[0].email : null
    GCP_TERRAFORM_BUCKET           = var.terraform_state_bucket
    GCP_SMOKE_SECRET               = local.smoke_token ? google_secret_manager_secret.smoke_token[0].secret_id : null
    GCP_SMOKE_URL                  = var.domain == null ? null : "https://${local.hosts.candidate}"
  }
}

output "deployer" {
  description = "The pipeline's account, for a Cloud Build trigger."
  value       = one(google_service_account.deployer[*].email)
}

output "dns_records" {
  description = "Records to write where the domain's DNS is kept, unless dns_zone is set: host name to address, type A."
  value       = { for host in values(local.hosts) : host => google_compute_global_address.edge[0].address }
}
