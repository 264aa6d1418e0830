package cluster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The parts of a manifest of batch/v1 that a job has. Its own types keep the module
// free of Kubernetes's; a test decodes what they give by those.
type (
	manifest struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Metadata   metadata `json:"metadata"`
		Spec       jobSpec  `json:"spec"`
	}
	metadata struct {
		Name   string            `json:"name,omitempty"`
		Labels map[string]string `json:"labels,omitempty"`
	}
	jobSpec struct {
		CompletionMode        string        `json:"completionMode"`
		Completions           int           `json:"completions"`
		Parallelism           int           `json:"parallelism"`
		BackoffLimit          int           `json:"backoffLimit"`
		ActiveDeadlineSeconds int64         `json:"activeDeadlineSeconds"`
		PodFailurePolicy      failurePolicy `json:"podFailurePolicy"`
		Template              podTemplate   `json:"template"`
	}
	failurePolicy struct {
		Rules []failureRule `json:"rules"`
	}
	failureRule struct {
		Action          string         `json:"action"`
		OnExitCodes     *exitCodes     `json:"onExitCodes,omitempty"`
		OnPodConditions []podCondition `json:"onPodConditions,omitempty"`
	}
	exitCodes struct {
		Operator string `json:"operator"`
		Values   []int  `json:"values"`
	}
	podCondition struct {
		Type   string `json:"type"`
		Status string `json:"status"`
	}
	podTemplate struct {
		Metadata metadata `json:"metadata"`
		Spec     podSpec  `json:"spec"`
	}
	podSpec struct {
		RestartPolicy                 string      `json:"restartPolicy"`
		TerminationGracePeriodSeconds int         `json:"terminationGracePeriodSeconds"`
		SecurityContext               podSecurity `json:"securityContext"`
		Containers                    []container `json:"containers"`
		Volumes                       []volume    `json:"volumes"`
	}
	podSecurity struct {
		RunAsNonRoot bool `json:"runAsNonRoot"`
		RunAsUser    int  `json:"runAsUser"`
		FSGroup      int  `json:"fsGroup"`
	}
	container struct {
		Name            string            `json:"name"`
		Image           string            `json:"image"`
		Args            []string          `json:"args"`
		WorkingDir      string            `json:"workingDir"`
		Env             []variable        `json:"env"`
		Resources       resources         `json:"resources"`
		SecurityContext containerSecurity `json:"securityContext"`
		VolumeMounts    []mount           `json:"volumeMounts"`
	}
	variable struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	resources struct {
		Requests amounts `json:"requests"`
		Limits   amounts `json:"limits"`
	}
	amounts struct {
		CPU    string `json:"cpu"`
		Memory string `json:"memory"`
	}
	containerSecurity struct {
		AllowPrivilegeEscalation bool `json:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool `json:"readOnlyRootFilesystem"`
	}
	mount struct {
		Name      string `json:"name"`
		MountPath string `json:"mountPath"`
	}
	volume struct {
		Name                  string `json:"name"`
		PersistentVolumeClaim claim  `json:"persistentVolumeClaim"`
	}
	claim struct {
		ClaimName string `json:"claimName"`
	}
)

const (
	user      = 65532 // that of the container, who is nobody
	workplace = "/work"
	slack     = 10 // times the time of a task, in which pods are waited for
)

// Kubernetes gives the manifest of an indexed job, for kubectl apply. The command's
// program is the image's. A pod that is evicted, or ends by a signal, does not count as
// failed; another goes on in its place. A pod that was asked wrongly ends the job.
func (j Job) Kubernetes(image, claimName string) string {
	args := j.Command[1:]
	if !j.Together {
		args = append(slices.Clone(args), fmt.Sprintf("--shard=/%d", j.Tasks)) // JOB_COMPLETION_INDEX tells the part
	}
	each := amounts{CPU: strconv.Itoa(j.Processors), Memory: strconv.Itoa(j.megabytes()) + "Mi"}
	m := manifest{
		APIVersion: "batch/v1", Kind: "Job",
		Metadata: metadata{Name: j.Name, Labels: map[string]string{"app": j.Name}},
		Spec: jobSpec{
			CompletionMode: "Indexed", Completions: j.Tasks, Parallelism: j.Tasks, BackoffLimit: 6 * j.Tasks,
			ActiveDeadlineSeconds: int64(slack * j.limit() / time.Second),
			PodFailurePolicy: failurePolicy{[]failureRule{
				{Action: "Ignore", OnPodConditions: []podCondition{{"DisruptionTarget", "True"}}},
				{Action: "Ignore", OnExitCodes: &exitCodes{"In", []int{Interrupted}}},
				{Action: "FailJob", OnExitCodes: &exitCodes{"In", []int{usageCode}}},
			}},
			Template: podTemplate{metadata{Labels: map[string]string{"app": j.Name}}, podSpec{
				RestartPolicy: "Never", TerminationGracePeriodSeconds: int(notice.Seconds()),
				SecurityContext: podSecurity{RunAsNonRoot: true, RunAsUser: user, FSGroup: user},
				Containers: []container{{
					Name: j.Name, Image: image, Args: args, WorkingDir: workplace,
					Env:             []variable{{"GOMAXPROCS", strconv.Itoa(j.Processors)}, {"HOME", workplace}, {"TMPDIR", workplace}},
					Resources:       resources{each, each},
					SecurityContext: containerSecurity{ReadOnlyRootFilesystem: true},
					VolumeMounts:    []mount{{"work", workplace}},
				}},
				Volumes: []volume{{"work", claim{claimName}}},
			}},
		},
	}
	text, _ := json.MarshalIndent(m, "", "  ") // texts and numbers can be marshalled
	return string(text) + "\n"
}
