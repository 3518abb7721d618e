# The versions this configuration is written for, and the place of its state: a
# bucket named at init, terraform init -backend-config=bucket=BUCKET.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.45, < 8"
    }
  }

  backend "gcs" {
    prefix = "stackroom"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # The budget API and Cloud Armor count their quota against this project, not
  # against the project of the caller's credentials.
  billing_project       = var.project
  user_project_override = true
}

data "google_project" "this" {
  project_id = var.project
}

locals {
  # The APIs that are always needed, and those of each option.
  apis = setunion(
    ["artifactregistry.googleapis.com", "iam.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com", "run.googleapis.com", "secretmanager.googleapis.com"],
    var.github == null ? [] : ["iamcredentials.googleapis.com", "sts.googleapis.com"],
    var.telemetry == "none" ? [] : ["cloudtrace.googleapis.com", "telemetry.googleapis.com"],
    var.domain == null ? [] : ["compute.googleapis.com"],
    var.dns_zone == null ? [] : ["dns.googleapis.com"],
    var.rotation_days == null ? [] : ["pubsub.googleapis.com"],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
    var.cloud_build ? ["cloudbuild.googleapis.com"] : [],
    var.binary_authorization ? ["binaryauthorization.googleapis.com"] : [],
    length(var.iap_members) == 0 ? [] : ["iap.googleapis.com"],
    local.vertex ? ["aiplatform.googleapis.com"] : [],
    var.vpc_egress == null ? [] : ["compute.googleapis.com"],
  )
}

resource "google_project_service" "api" {
  for_each = local.apis

  project            = var.project
  service            = each.value
  disable_on_destroy = false # others in the project may use it
}
