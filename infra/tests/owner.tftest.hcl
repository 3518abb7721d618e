# Ownership: the pipeline has the image and the traffic, Terraform the rest. The
# first run makes the service in the mock, the others plan on it.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }

  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/library-team/serviceAccounts/stackroom-mock@library-team.iam.gserviceaccount.com"
      email  = "stackroom-mock@library-team.iam.gserviceaccount.com"
      member = "serviceAccount:stackroom-mock@library-team.iam.gserviceaccount.com"
    }
  }
}

variables {
  project             = "library-team"
  image               = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  deletion_protection = false
  secret_values       = {} # said, as terraform test forgets an ephemeral default between plan and apply
}

run "made_once" {
  command = apply

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].image == var.image
    error_message = "The service is made with the first image."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].traffic[0].percent == 100
    error_message = "The first revision gets the traffic."
  }
}

run "another_image_changes_nothing" {
  command = plan

  variables {
    image = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].image == "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    error_message = "Terraform doesn't put back an image that the pipeline has replaced."
  }
}

run "another_setting_does" {
  command = plan

  variables {
    memory_mib = 1024
    image      = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].limits.memory == "1024Mi" && endswith(google_cloud_run_v2_service.server[0].template[0].containers[0].image, "abcdef")
    error_message = "A change of configuration goes through, with the image that runs."
  }
}

run "no_revision_name_is_kept" {
  command = plan

  variables {
    memory_mib = 1024
  }

  # Terraform sends a name that it ignores back to Cloud Run, which answers 409
  # when the content differs.
  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].revision == null
    error_message = "A change of configuration names no revision."
  }
}
