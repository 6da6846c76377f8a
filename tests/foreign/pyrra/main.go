// Prints the rules that Pyrra makes of every document of the files, as its operator writes them: a PrometheusRule for each SLO.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/pyrra-dev/pyrra/kubernetes/api/v1alpha1"
	"github.com/pyrra-dev/pyrra/slo"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		for _, document := range bytes.Split(text, []byte("\n---\n")) {
			rules, err := rules(document)
			if err != nil {
				log.Fatalf("%s: %v", file, err)
			}
			fmt.Printf("---\n%s", rules)
		}
	}
}

func rules(document []byte) ([]byte, error) {
	var written v1alpha1.ServiceLevelObjective
	if err := yaml.UnmarshalStrict(document, &written); err != nil {
		return nil, err
	}
	if _, err := written.ValidateCreate(context.Background(), &written); err != nil {
		return nil, err
	}
	objective, err := written.Internal()
	if err != nil {
		return nil, err
	}
	options := slo.GenerationOptions{}
	short, long, err := objective.SplitIncreaseRules(options)
	if err != nil {
		return nil, err
	}
	burnrates, err := objective.Burnrates(options)
	if err != nil {
		return nil, err
	}
	groups := []monitoringv1.RuleGroup{long, burnrates}
	if len(short.Rules) > 0 {
		groups = append([]monitoringv1.RuleGroup{short}, groups...)
	}
	generic, err := objective.GenericRules(options)
	switch {
	case err == nil:
		groups = append(groups, generic)
	case !errors.Is(err, slo.ErrGroupingUnsupported):
		return nil, err
	}
	return yaml.Marshal(monitoringv1.PrometheusRule{
		TypeMeta:   metav1.TypeMeta{APIVersion: monitoring.GroupName + "/" + monitoringv1.Version, Kind: monitoringv1.PrometheusRuleKind},
		ObjectMeta: metav1.ObjectMeta{Name: written.GetName(), Namespace: written.GetNamespace(), Labels: written.GetLabels()},
		Spec:       monitoringv1.PrometheusRuleSpec{Groups: groups},
	})
}
