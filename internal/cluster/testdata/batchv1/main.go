// Command batchv1 reads a manifest by the types of Kubernetes and tells what the job
// does. Unknown or misplaced fields are errors.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	batchv1 "k8s.io/api/batch/v1"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	var job batchv1.Job
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&job); err != nil {
		fail(err)
	}
	pod := job.Spec.Template.Spec
	of := pod.Containers[0]
	fmt.Println(job.APIVersion, job.Kind, job.Name, *job.Spec.CompletionMode == batchv1.IndexedCompletion, *job.Spec.Completions, *job.Spec.BackoffLimit)
	fmt.Println(pod.RestartPolicy, *pod.TerminationGracePeriodSeconds, of.Resources.Limits.Cpu(), of.Resources.Requests.Memory(), pod.Volumes[0].PersistentVolumeClaim.ClaimName)
	for _, rule := range job.Spec.PodFailurePolicy.Rules {
		fmt.Println(rule.Action)
	}
	for _, arg := range of.Args {
		fmt.Println(arg)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
