# fc-renewer as a function, with its role, its log and its timer. As it stands it
# changes nothing and pays nothing: it reports. docs/deploy.md says how to apply it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = "~> 1.257.0"
    }
  }
}

variable "region" {
  description = "Where the function runs. What it looks after is RENEW_REGIONS."
  type        = string
  default     = "cn-hangzhou"
}

variable "package" {
  description = "The package: fc-renewer.zip of a release, or dist/fc-renewer.zip of make package."
  type        = string
}

variable "stage" {
  description = "What the function may do: report or renew. Begin with report; RENEW_ACTION is another matter."
  type        = string
  default     = "report"
  validation {
    condition     = contains(["report", "renew"], var.stage)
    error_message = "The stage is report or renew."
  }
}

provider "alicloud" {
  region = var.region
}

locals {
  may_look = [
    { Effect = "Allow", Resource = "*", Action = ["ecs:DescribeInstances", "ecs:DescribeInstanceAutoRenewAttribute"] },
  ]
  may_renew = [
    { Effect = "Allow", Resource = "acs:ecs:*:*:instance/*", Action = ["ecs:DescribeRenewalPrice", "ecs:RenewInstance", "ecs:TagResources"] },
  ]
  may_log = [
    { Effect = "Allow", Resource = "acs:log:*:*:project/fc-renewer-*/logstore/fc-renewer", Action = ["log:PostLogStoreLogs"] },
  ]
}

data "alicloud_account" "this" {}

resource "alicloud_ram_role" "fc_renewer" {
  role_name = "fc-renewer"
  assume_role_policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = ["fc.aliyuncs.com"] } }]
  })
}

resource "alicloud_ram_policy" "fc_renewer" {
  policy_name = "fc-renewer"
  policy_document = jsonencode({
    Version   = "1"
    Statement = concat(local.may_look, var.stage == "renew" ? local.may_renew : [], local.may_log)
  })
}

resource "alicloud_ram_role_policy_attachment" "fc_renewer" {
  role_name   = alicloud_ram_role.fc_renewer.role_name
  policy_name = alicloud_ram_policy.fc_renewer.policy_name
  policy_type = "Custom"
}

resource "alicloud_log_project" "fc_renewer" {
  project_name = "fc-renewer-${data.alicloud_account.this.id}-${var.region}"
}

resource "alicloud_log_store" "fc_renewer" {
  project_name     = alicloud_log_project.fc_renewer.project_name
  logstore_name    = "fc-renewer"
  retention_period = 180 # days
  shard_count      = 1
}

resource "alicloud_log_store_index" "fc_renewer" {
  project  = alicloud_log_project.fc_renewer.project_name
  logstore = alicloud_log_store.fc_renewer.logstore_name
  full_text {
    token = " ,;:=()[]{}\"'\r\n\t"
  }
}

resource "alicloud_fcv3_function" "fc_renewer" {
  function_name   = "fc-renewer"
  runtime         = "go1"
  handler         = "main"
  cpu             = 0.05
  memory_size     = 128
  disk_size       = 512
  timeout         = 600
  internet_access = true
  role            = alicloud_ram_role.fc_renewer.arn
  code {
    zip_file = filebase64(var.package)
  }
  log_config {
    project        = alicloud_log_project.fc_renewer.project_name
    logstore       = alicloud_log_store.fc_renewer.logstore_name
    log_begin_rule = "None"
  }
  environment_variables = {
    GOMEMLIMIT      = "96MiB"
    RENEW_ACTION    = "report"
    RENEW_MAX_COUNT = "20"
  }
  tags = { app = "fc-renewer" }
}

resource "alicloud_fcv3_concurrency_config" "fc_renewer" {
  function_name        = alicloud_fcv3_function.fc_renewer.function_name
  reserved_concurrency = 1
}

resource "alicloud_fcv3_async_invoke_config" "fc_renewer" {
  function_name                  = alicloud_fcv3_function.fc_renewer.function_name
  qualifier                      = "LATEST"
  max_async_retry_attempts       = 2
  max_async_event_age_in_seconds = 3600
}

resource "alicloud_fcv3_trigger" "fc_renewer" {
  function_name = alicloud_fcv3_function.fc_renewer.function_name
  trigger_name  = "daily"
  trigger_type  = "timer"
  qualifier     = "LATEST"
  trigger_config = jsonencode({
    cronExpression = "CRON_TZ=Asia/Shanghai 0 23 6 * * *"
    enable         = true
    payload        = ""
  })
}
