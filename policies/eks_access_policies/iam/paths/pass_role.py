"""Passing a role to a new workload that then acts with it. https://pathfinding.cloud/paths (new-passrole)"""

from ...rules.iam.escalation import ESCALATION_PASS_ROLE
from .path import EscalationPath

_TABLE: tuple[tuple[str, str, str], ...] = (
    ("ec2", "ec2:RunInstances|ec2:RequestSpotInstances|ec2:RequestSpotFleet|ec2:CreateFleet", "an instance of its own"),
    (
        "ec2",
        "ec2:AssociateIamInstanceProfile|ec2:ReplaceIamInstanceProfileAssociation",
        "an instance that it can access",
    ),
    (
        "ec2",
        "autoscaling:CreateAutoScalingGroup|autoscaling:UpdateAutoScalingGroup "
        "autoscaling:CreateLaunchConfiguration|ec2:CreateLaunchTemplate|"
        "ec2:CreateLaunchTemplateVersion",
        "an Auto Scaling group",
    ),
    (
        "ec2",
        "ec2:CreateLaunchTemplate|ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate|ec2:RunInstances",
        "a launch template",
    ),
    (
        "lambda",
        "lambda:CreateFunction lambda:InvokeFunction|lambda:AddPermission|"
        "lambda:CreateEventSourceMapping|lambda:CreateFunctionUrlConfig|events:PutTargets|"
        "scheduler:CreateSchedule",
        "a function of its own",
    ),
    (
        "lambda",
        "lambda:UpdateFunctionConfiguration lambda:InvokeFunction|lambda:UpdateFunctionCode",
        "a function that it can change",
    ),
    ("glue", "glue:CreateDevEndpoint", "a development endpoint"),
    ("glue", "glue:CreateJob|glue:UpdateJob glue:StartJobRun|glue:CreateTrigger|glue:StartTrigger", "a job"),
    ("glue", "glue:CreateSession glue:RunStatement", "an interactive session"),
    ("cloudformation", "cloudformation:CreateStack|cloudformation:UpdateStack", "a stack"),
    ("cloudformation", "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet", "a stack"),
    ("cloudformation", "cloudformation:CreateStackSet cloudformation:CreateStackInstances", "a stack set"),
    ("cloudformation", "cloudformation:UpdateStackSet", "a stack set"),
    ("datapipeline elasticmapreduce", "datapipeline:CreatePipeline|datapipeline:PutPipelineDefinition", "a pipeline"),
    (
        "codebuild",
        "codebuild:CreateProject|codebuild:UpdateProject codebuild:StartBuild|"
        "codebuild:StartBuildBatch|codebuild:CreateWebhook",
        "a build",
    ),
    ("codepipeline", "codepipeline:CreatePipeline|codepipeline:UpdatePipeline", "a pipeline"),
    ("ecs-tasks ecs", "ecs:RunTask|ecs:StartTask", "a task, whose definition's role and command it can override"),
    (
        "ecs-tasks ecs",
        "ecs:RegisterTaskDefinition ecs:CreateService|ecs:UpdateService|ecs:CreateTaskSet|"
        "events:PutTargets|scheduler:CreateSchedule",
        "a task of its own",
    ),
    (
        "sagemaker",
        "sagemaker:CreateNotebookInstance|sagemaker:CreateTrainingJob|"
        "sagemaker:CreateProcessingJob|sagemaker:CreateHyperParameterTuningJob|"
        "sagemaker:CreateModel|sagemaker:CreateAutoMLJobV2|sagemaker:CreateDomain|"
        "sagemaker:CreateUserProfile|sagemaker:CreatePipeline",
        "a notebook, job or model",
    ),
    (
        "tasks.apprunner build.apprunner apprunner",
        "apprunner:CreateService|apprunner:UpdateService",
        "a service of its own",
    ),
    (
        "bedrock-agentcore",
        "bedrock-agentcore:CreateCodeInterpreter|bedrock-agentcore:CreateAgentRuntime|"
        "bedrock-agentcore:UpdateAgentRuntime|bedrock-agentcore:CreateBrowser|"
        "bedrock-agentcore:CreateGateway|bedrock-agentcore:CreateHarness|"
        "bedrock-agentcore:UpdateHarness",
        "an interpreter, runtime or browser",
    ),
    ("batch ecs-tasks ecs", "batch:RegisterJobDefinition batch:SubmitJob", "a job"),
    ("braket", "braket:CreateJob", "a job"),
    ("elasticmapreduce ec2", "elasticmapreduce:RunJobFlow", "a cluster"),
    ("emr-serverless", "emr-serverless:StartJobRun", "a job"),
    ("emr-containers", "emr-containers:StartJobRun|emr-containers:CreateManagedEndpoint", "a job"),
    ("gamelift ec2", "gamelift:CreateFleet|gamelift:CreateContainerFleet", "a fleet"),
    (
        "ec2 imagebuilder",
        "imagebuilder:CreateInfrastructureConfiguration|imagebuilder:UpdateInfrastructureConfiguration",
        "an image build",
    ),
    ("kinesisanalytics", "kinesisanalytics:CreateApplication|kinesisanalytics:UpdateApplication", "an application"),
    ("omics", "omics:StartRun|omics:StartRunBatch", "a workflow"),
    ("ssm", "ssm:StartAutomationExecution|ssm:StartChangeRequestExecution", "an automation"),
    ("cognito-identity", "cognito-identity:SetIdentityPoolRoles", "an identity pool, whose guests then get it"),
    ("states", "states:CreateStateMachine|states:UpdateStateMachine", "a state machine, which can call any API"),
    ("scheduler", "scheduler:CreateSchedule|scheduler:UpdateSchedule", "a schedule, which can call any API"),
    ("events ecs-tasks", "events:PutTargets", "a rule's target"),
    ("pipes", "pipes:CreatePipe|pipes:UpdatePipe", "a pipe"),
    ("amplify", "amplify:CreateApp|amplify:UpdateApp", "a build"),
    ("synthetics lambda", "synthetics:CreateCanary", "a canary of its own"),
    ("elasticbeanstalk ec2", "elasticbeanstalk:CreateEnvironment|elasticbeanstalk:UpdateEnvironment", "an environment"),
    ("airflow airflow-env", "airflow:CreateEnvironment|airflow:UpdateEnvironment", "an environment"),
    ("databrew", "databrew:CreateRecipeJob|databrew:CreateProfileJob", "a job"),
    ("fis", "fis:CreateExperimentTemplate fis:StartExperiment", "an experiment"),
    ("appstream ec2", "appstream:CreateImageBuilder|appstream:CreateFleet", "an image builder or fleet"),
    (
        "iot credentials.iot",
        "iot:CreateRoleAlias|iot:UpdateRoleAlias",
        "a role alias, for which devices get credentials",
    ),
    ("deadline credentials.deadline", "deadline:CreateQueue|deadline:CreateFleet", "a queue or fleet"),
    ("m2", "m2:CreateEnvironment", "an environment"),
    ("greengrass", "greengrass:CreateDeployment|greengrass:AssociateRoleToGroup", "a device"),
    ("cloud9 ec2", "cloud9:CreateEnvironmentEC2", "an environment"),
    ("ec2 opsworks", "opsworks:CreateInstance|opsworks:CreateStack", "an instance"),
    ("lex lexv2 lambda", "robomaker:CreateSimulationJob", "a simulation"),
    ("servicecatalog", "servicecatalog:CreateConstraint servicecatalog:ProvisionProduct", "a product"),
)


def _path(services: str, launch: str, what: str) -> EscalationPath:
    named = tuple(f"{each}.amazonaws.com" for each in services.split(" "))
    return EscalationPath(
        ("iam:PassRole", *launch.split(" ")), ESCALATION_PASS_ROLE, f"act as a role that it passes to {what}", named
    )


PATHS: tuple[EscalationPath, ...] = tuple(_path(*row) for row in _TABLE)
