# The role by which fc-renewer looks after one account: for accounts that Terraform
# manages one by one, in an organisation or outside of one. Apply it with the
# credentials of that account.
terraform {
  required_version = ">= 1.5"
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = "~> 1.257.0"
    }
  }
}

variable "management_account" {
  description = "Id of the account with the function."
  type        = string
}

variable "function_role" {
  description = "Name of the function's role there."
  type        = string
  default     = "fc-renewer"
}

variable "external_id" {
  description = "The value of RENEW_EXTERNAL_ID."
  type        = string
  sensitive   = true
}

variable "stage" {
  description = "What the function may do: report or renew. Begin with report."
  type        = string
  default     = "report"
  validation {
    condition     = contains(["report", "renew"], var.stage)
    error_message = "The stage is report or renew."
  }
}

locals {
  trust = [{
    Effect    = "Allow"
    Action    = ["sts:AssumeRole"]
    Principal = { RAM = ["acs:ram::${var.management_account}:role/${var.function_role}"] }
    Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
  }]
  may_look = [{
    Effect   = "Allow"
    Action   = ["ecs:DescribeInstances", "ecs:DescribeInstanceAutoRenewAttribute"]
    Resource = "*"
  }]
  may_renew = [{
    Effect   = "Allow"
    Action   = ["ecs:DescribeRenewalPrice", "ecs:RenewInstance", "ecs:TagResources"]
    Resource = "acs:ecs:*:*:instance/*"
  }]
}

resource "alicloud_ram_role" "fc_renewer" {
  role_name                   = "fc-renewer"
  description                 = "fc-renewer, in another account, looks after subscriptions."
  assume_role_policy_document = jsonencode({ Version = "1", Statement = local.trust })
}

resource "alicloud_ram_policy" "fc_renewer" {
  policy_name     = "fc-renewer"
  policy_document = jsonencode({ Version = "1", Statement = concat(local.may_look, var.stage == "renew" ? local.may_renew : []) })
}

resource "alicloud_ram_role_policy_attachment" "fc_renewer" {
  role_name   = alicloud_ram_role.fc_renewer.role_name
  policy_name = alicloud_ram_policy.fc_renewer.policy_name
  policy_type = "Custom"
}

output "role" {
  value = alicloud_ram_role.fc_renewer.arn
}
