# What the team, the pipeline and the DNS need.

output "url" {
  description = "The URL to give to the team: people paste it into their assistant."
  value       = "${local.public_url}/mcp"
}

output "page" {
  description = "The page that says how to connect each client."
  value       = local.public_url
}

output "repository" {
  description = "The repository of the images."
  value       = local.image_repository
  depends_on  = [google_artifact_registry_repository.images]
}

output "secrets" {
  description = "The secrets that need a value, by setting: gcloud secrets versions add NAME --data-file=-"
  value = merge(
    { for setting, secret in google_secret_manager_secret.setting : setting => secret.secret_id },
    local.smoke_token ? { "(the pipeline's token)" = google_secret_manager_secret.smoke_token[0].secret_id } : {},
  )
}

output "pipeline" {
  description = "The repository's variables in GitHub. GCP_TARGETS lists the regions to deploy to, in order, and the URL of the candidate in each where it isn't the run.app URL."
  value = var.github == null ? null : {
    GCP_PROJECT                    = var.project
    GCP_REGION                     = var.region
    GCP_SERVICE                    = var.name
    GCP_IMAGE                      = "${local.image_repository}/stackroom"
    GCP_TARGETS                    = jsonencode([for index, region in local.regions : { region = region, smoke_url = local.balanced == 0 ? "" : "https://${values(local.candidate_hosts)[index]}" }])
    GCP_WORKLOAD_IDENTITY_PROVIDER = google_iam_workload_identity_pool_provider.github[0].name
    GCP_DEPLOY_SERVICE_ACCOUNT     = google_service_account.deployer[0].email
    GCP_PLAN_SERVICE_ACCOUNT       = var.drift_check ? google_service_account.planner[0].email : null
    GCP_TERRAFORM_BUCKET           = var.terraform_state_bucket
    GCP_SMOKE_SECRET               = local.smoke_token ? google_secret_manager_secret.smoke_token[0].secret_id : local.pipeline_probes ? google_secret_manager_secret.setting["STACKROOM_PROBE_TOKEN"].secret_id : null
    GCP_ID_TOKEN_AUDIENCE          = var.public ? null : local.public_url
  }
}

output "deployer" {
  description = "The pipeline's account, for a Cloud Build trigger."
  value       = one(google_service_account.deployer[*].email)
}

output "dns_records" {
  description = "Records to write at the domain's DNS, unless dns_zone is set: the type and address for each host."
  value = {
    for host in values(local.hosts) : host => merge(
      { A = google_compute_global_address.edge[0].address },
      var.ipv6 ? { AAAA = google_compute_global_address.ipv6[0].address } : {},
    )
  }
}
