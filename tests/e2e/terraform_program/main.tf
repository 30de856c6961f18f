# The access that plugin_programs/access.py declares with Pulumi, for Terraform's provider.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "name" {
  type = string
}

variable "endpoint" {
  type = string
}

provider "aws" {
  region                      = "us-east-1"
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_credentials_validation = true
  endpoints {
    iam = var.endpoint
    sts = var.endpoint
    eks = var.endpoint
  }
}

resource "aws_iam_role" "role" {
  name                 = var.name
  path                 = "/vendors/"
  description          = "Reads workloads"
  max_session_duration = 7200
  tags                 = { team = "platform" }
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
    }]
  })
}

resource "aws_iam_role_policy" "inline" {
  name = "eks-access"
  role = aws_iam_role.role.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "eks:ListClusters", Resource = "*" }]
  })
}

resource "aws_eks_access_entry" "entry" {
  cluster_name      = "dev-api"
  principal_arn     = aws_iam_role.role.arn
  user_name         = "vendor:{{SessionName}}"
  kubernetes_groups = ["viewers"]
  tags              = { "eks-access:role-id" = aws_iam_role.role.unique_id }
}

resource "aws_eks_access_policy_association" "association" {
  cluster_name  = aws_eks_access_entry.entry.cluster_name
  principal_arn = aws_eks_access_entry.entry.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
  access_scope {
    type       = "namespace"
    namespaces = ["payments", "web"]
  }
}

resource "aws_eks_pod_identity_association" "pods" {
  cluster_name    = "dev-api"
  namespace       = "web"
  service_account = var.name
  role_arn        = aws_iam_role.role.arn
  tags            = { team = "platform" }
}
