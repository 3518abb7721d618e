# The images. A tag can't be moved to another image, and old images are deleted.

locals {
  image_repository = "${var.region}-docker.pkg.dev/${var.project}/${var.name}"
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project
  location      = var.region
  repository_id = var.name
  format        = "DOCKER"

  docker_config {
    immutable_tags = true
  }

  # A KEEP policy overrides a DELETE policy. The count is of versions: an image,
  # its signature, its list of contents and its provenance are four, so 100
  # versions are about the last 25 deploys.
  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 100
    }
  }

  cleanup_policies {
    id     = "delete-after-90-days"
    action = "DELETE"

    condition {
      tag_state  = "ANY"
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.api]
}

# With Binary Authorization Cloud Run itself refuses an image from any other
# repository, by any account. A project has one policy.
resource "google_binary_authorization_policy" "project" {
  count = var.binary_authorization ? 1 : 0

  project                       = var.project
  global_policy_evaluation_mode = "ENABLE"

  dynamic "admission_whitelist_patterns" {
    for_each = compact(["${local.image_repository}/*", var.collector_image])
    content {
      name_pattern = admission_whitelist_patterns.value
    }
  }

  default_admission_rule {
    evaluation_mode  = "ALWAYS_DENY"
    enforcement_mode = "ENFORCED_BLOCK_AND_AUDIT_LOG"
  }

  depends_on = [google_project_service.api]
}
