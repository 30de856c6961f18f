"""Running code or commands in an existing workload that has a role.

https://pathfinding.cloud/paths (existing-passrole)
"""

from ...rules.iam.escalation import ESCALATION_EXISTING
from .path import EscalationPath

_TABLE: tuple[tuple[str, str], ...] = (
    ("lambda:UpdateFunctionCode", "replace the code of a function, and act with its role"),
    ("lambda:UpdateFunctionConfiguration", "add a layer of its own to a function, and act with its role"),
    ("cloudformation:UpdateStack", "change a stack with the role that the stack has"),
    (
        "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
        "change a stack with the role that the stack has",
    ),
    ("cloudformation:UpdateStackSet", "change stacks in other accounts with the stack set's role"),
    (
        "codebuild:StartBuild|codebuild:StartBuildBatch|codebuild:RetryBuild",
        "run its own build with a project's role",
    ),
    ("codebuild:UpdateProject", "make the next build run its own commands with the project's role"),
    (
        "codebuild:StartSandbox|codebuild:StartCommandExecution|codebuild:StartSandboxConnection",
        "run commands with a project's role",
    ),
    ("codedeploy:CreateDeployment", "run scripts on instances, with their role"),
    ("codepipeline:UpdatePipeline", "make a pipeline run its own commands, with its roles"),
    ("glue:UpdateDevEndpoint", "add its own key to a development endpoint, and act with its role"),
    ("glue:UpdateJob glue:StartJobRun|glue:CreateTrigger", "replace the code of a job, and act with its role"),
    ("glue:RunStatement", "run code in a session, with its role"),
    ("sagemaker:CreatePresignedNotebookInstanceUrl", "open a notebook, and act with its role"),
    ("sagemaker:CreatePresignedDomainUrl", "open a user's studio, and act with its role"),
    (
        "sagemaker:UpdateNotebookInstance sagemaker:CreateNotebookInstanceLifecycleConfig|"
        "sagemaker:UpdateNotebookInstanceLifecycleConfig",
        "run a script in a notebook, with its role",
    ),
    ("sagemaker:UpdateNotebookInstanceLifecycleConfig", "run a script in a notebook, with its role"),
    ("ssm:StartSession", "open a shell on an instance, and act with its role"),
    ("ssm:SendCommand", "run commands on an instance, with its role"),
    ("ssm:CreateAssociation", "run commands on instances, with their role"),
    ("ssm:RegisterTaskWithMaintenanceWindow", "make a maintenance window run commands on instances, with their role"),
    ("ec2-instance-connect:SendSSHPublicKey", "sign in to an instance, and act with its role"),
    ("ec2-instance-connect:SendSerialConsoleSSHPublicKey", "sign in to an instance, and act with its role"),
    (
        "ec2:ModifyInstanceAttribute ec2:StartInstances|ec2:RebootInstances",
        "change what an instance runs when it starts, with its role",
    ),
    (
        "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate|ec2:RunInstances",
        "change what new instances run, with the template's role",
    ),
    ("ecs:ExecuteCommand", "run commands in a task, with its role"),
    (
        "ecs:UpdateService ecs:RegisterTaskDefinition",
        "make a service run its own containers, with the role that it already has",
    ),
    ("apprunner:UpdateService", "make a service run its own container, with its role"),
    ("batch:SubmitJob", "run its own commands in a job, with the job definition's role"),
    (
        "bedrock-agentcore:InvokeCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession",
        "run code in an interpreter, with its role",
    ),
    ("bedrock-agentcore:InvokeAgentRuntimeCommand", "run commands in an agent's runtime, with its role"),
    (
        "bedrock-agentcore:ConnectBrowserAutomationStream bedrock-agentcore:StartBrowserSession",
        "drive a browser to the credentials of its role",
    ),
    ("bedrock-agentcore:UpdateAgentRuntime", "replace an agent's container, and act with its role"),
    ("elasticmapreduce:AddJobFlowSteps", "run a step on a cluster, with its role"),
    (
        "elasticbeanstalk:UpdateEnvironment elasticbeanstalk:CreateApplicationVersion",
        "replace an application, and act with its role",
    ),
    ("states:UpdateStateMachine", "make a state machine call any API with its role"),
    ("synthetics:UpdateCanary", "replace a canary's code, and act with its role"),
    ("amplify:StartDeployment|amplify:StartJob", "run a build with the application's role"),
    ("datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline", "run commands with a pipeline's role"),
    ("kinesisanalytics:UpdateApplication", "replace an application's code, and act with its role"),
    (
        "deadline:AssumeQueueRoleForUser|deadline:AssumeQueueRoleForWorker|deadline:AssumeFleetRoleForWorker",
        "get the role of a queue or fleet",
    ),
    (
        "cognito-identity:GetCredentialsForIdentity cognito-identity:UpdateIdentityPool",
        "get the roles of an identity pool",
    ),
)

PATHS: tuple[EscalationPath, ...] = tuple(
    EscalationPath(tuple(needs.split(" ")), ESCALATION_EXISTING, gains) for needs, gains in _TABLE
)
