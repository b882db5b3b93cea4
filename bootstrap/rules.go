// Package bootstrap makes the files that tell an agent what it may do without asking: what they are to say, how that is
// put into a file that is there, and how the file is changed so that the change can be taken back.
package bootstrap

// outward are the commands that reach beyond a jail: they publish, deploy, log in elsewhere, or steer a part of the host that the
// jail was given. An agent asks before it runs one, and runs all others: what they can do ends with the jail. The rules spare
// questions and are no wall: a script can call what they name.
var outward = []string{
	"git push", "git send-email", "gh", "glab", "hub", "tea",
	"npm publish", "pnpm publish", "yarn publish", "yarn npm publish", "bun publish", "cargo publish", "cargo yank", "gem push",
	"twine upload", "uv publish", "poetry publish", "hatch publish", "mvn deploy", "gradle publish", "dotnet nuget push",
	"docker", "podman", "nerdctl", "buildah push", "skopeo copy", "helm", "kubectl", "oc",
	"terraform apply", "terraform destroy", "tofu apply", "tofu destroy", "pulumi up", "pulumi destroy", "ansible-playbook", "cdk deploy", "sam deploy",
	"serverless deploy", "aws", "gcloud", "az", "doctl", "hcloud", "flyctl", "fly deploy", "vercel", "netlify deploy", "wrangler deploy",
	"heroku", "firebase deploy", "railway up",
	"ssh", "scp", "sftp", "mosh", "sendmail", "systemctl", "systemd-run", "tailscale",
}
