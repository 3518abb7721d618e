# What Google would answer, where something of ours is built from it.

mock_data "google_project" {
  defaults = {
    number = "123456789012"
  }
}

mock_resource "google_service_account" {
  override_during = plan
  defaults = {
    name   = "projects/library-team/serviceAccounts/stackroom-mock@library-team.iam.gserviceaccount.com"
    email  = "stackroom-mock@library-team.iam.gserviceaccount.com"
    member = "serviceAccount:stackroom-mock@library-team.iam.gserviceaccount.com"
  }
}

mock_resource "google_iam_workload_identity_pool" {
  override_during = plan
  defaults = {
    name = "projects/123456789012/locations/global/workloadIdentityPools/stackroom-github"
  }
}

mock_resource "google_monitoring_slo" {
  override_during = plan
  defaults = {
    name = "projects/123456789012/services/stackroom/serviceLevelObjectives/mock"
  }
}

mock_resource "google_monitoring_notification_channel" {
  override_during = plan
  defaults = {
    id = "projects/library-team/notificationChannels/1"
  }
}

mock_resource "google_monitoring_uptime_check_config" {
  override_during = plan
  defaults = {
    uptime_check_id = "stackroom-answers"
  }
}

mock_resource "google_compute_security_policy" {
  override_during = plan
  defaults = {
    id = "projects/library-team/global/securityPolicies/stackroom"
  }
}

mock_resource "google_compute_global_address" {
  override_during = plan
  defaults = {
    address = "203.0.113.7"
  }
}
