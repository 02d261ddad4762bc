// Command topology answers questions about ClusterClasses and managed topologies with Cluster API's own packages.
//
//	topology < cases.jsonl > answers.jsonl
//
// One JSON object a line, "op" says what is asked:
//
//	class      {"class", "old"}                      is this ClusterClass admitted? -> {"errors"}
//	variables  {"class", "cluster", "old"}           defaults and checks of variables -> {"errors", "topology"}
//	plan       {"class", "desired", "control", "workers"}  the upgrade plan -> {"error"} or {"controlPlane", "workers"}
//	desired    {"class", "cluster", "objects"}       everything the topology wants -> {"error"} or {"objects", "tracker"}
//
// "objects" holds the templates of the class and what exists already (control plane, MachineDeployments, Machines).
// Random suffixes in names differ from run to run.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	"sigs.k8s.io/cluster-api/controllers/clustercache"
	"sigs.k8s.io/cluster-api/core/webhooks/admission"
	"sigs.k8s.io/cluster-api/exp/topology/desiredstate"
	"sigs.k8s.io/cluster-api/exp/topology/scope"
	"sigs.k8s.io/cluster-api/feature"
	"sigs.k8s.io/cluster-api/util/cache"
)

type question struct {
	Op       string                       `json:"op"`
	Class    *clusterv1.ClusterClass      `json:"class"`
	OldClass *clusterv1.ClusterClass      `json:"oldClass"`
	Cluster  *clusterv1.Cluster           `json:"cluster"`
	Old      *clusterv1.Cluster           `json:"old"`
	Objects  []*unstructured.Unstructured `json:"objects"`
	Desired  string                       `json:"desired"`
	Control  string                       `json:"control"`
	Workers  string                       `json:"workers"`
}

type cause struct {
	Type    string `json:"type"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

type answer struct {
	Error        string               `json:"error,omitempty"`
	Errors       []cause              `json:"errors,omitempty"`
	Topology     *clusterv1.Topology  `json:"topology,omitempty"`
	ControlPlane []string             `json:"controlPlane,omitempty"`
	Workers      []string             `json:"workers,omitempty"`
	Objects      map[string]any       `json:"objects,omitempty"`
	Tracker      map[string]any       `json:"tracker,omitempty"`
}

// world stands in for the API server: metadata of definitions, and the Machines of the question.
type world struct {
	client.Client
	objects []*unstructured.Unstructured
}

func (w world) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	meta, ok := obj.(*metav1.PartialObjectMetadata)
	if !ok {
		return fmt.Errorf("no %T %s", obj, key)
	}
	meta.Name = key.Name
	meta.Labels = map[string]string{"cluster.x-k8s.io/v1beta1": "v1beta1", "cluster.x-k8s.io/v1beta2": "v1beta2"}
	return nil
}

func (w world) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	machines, ok := list.(*clusterv1.MachineList)
	if !ok {
		return fmt.Errorf("no list of %T", list)
	}
	found := client.ListOptions{}
	found.ApplyOptions(options)
	for _, obj := range w.objects {
		if obj.GetKind() != "Machine" || !found.LabelSelector.Matches(labelSet(obj.GetLabels())) {
			continue
		}
		machine := clusterv1.Machine{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &machine); err != nil {
			return err
		}
		machines.Items = append(machines.Items, machine)
	}
	return nil
}

type labelSet map[string]string

func (l labelSet) Has(key string) bool               { _, ok := l[key]; return ok }
func (l labelSet) Get(key string) string             { return l[key] }
func (l labelSet) Lookup(key string) (string, bool) { value, ok := l[key]; return value, ok }

func (w world) find(apiVersion, kind, name string) *unstructured.Unstructured {
	for _, obj := range w.objects {
		if obj.GetKind() == kind && obj.GetName() == name && (apiVersion == "" || obj.GetAPIVersion() == apiVersion) {
			return obj.DeepCopy()
		}
	}
	return nil
}

func (w world) template(ref clusterv1.ClusterClassTemplateReference) *unstructured.Unstructured {
	return w.find(ref.APIVersion, ref.Kind, ref.Name)
}

func withStatus(class *clusterv1.ClusterClass) {
	class.Status.Variables = nil
	for _, variable := range class.Spec.Variables {
		class.Status.Variables = append(class.Status.Variables, clusterv1.ClusterClassStatusVariable{
			Name:                variable.Name,
			DefinitionsConflict: ptr.To(false),
			Definitions: []clusterv1.ClusterClassStatusVariableDefinition{
				{From: clusterv1.VariableDefinitionFromInline, Required: variable.Required, Schema: variable.Schema},
			},
		})
	}
	sort.SliceStable(class.Status.Variables, func(i, j int) bool {
		return class.Status.Variables[i].Name < class.Status.Variables[j].Name
	})
}

func causes(err error) (answer, bool) {
	var status *apierrors.StatusError
	if !errors.As(err, &status) || status.ErrStatus.Details == nil {
		return answer{Error: err.Error()}, false
	}
	found := answer{}
	for _, each := range status.ErrStatus.Details.Causes {
		found.Errors = append(found.Errors, cause{string(each.Type), each.Field, each.Message})
	}
	return found, true
}

func admitClass(q question) answer {
	webhook := &admission.ClusterClass{}
	_, err := webhook.ValidateCreate(context.Background(), q.Class)
	if err == nil {
		return answer{}
	}
	found, _ := causes(err)
	return found
}

func checkVariables(q question) answer {
	withStatus(q.Class)
	found := answer{}
	webhook := &admission.Cluster{}
	for _, each := range webhook.DefaultAndValidateVariables(context.Background(), q.Cluster, q.Old, q.Class) {
		found.Errors = append(found.Errors, cause{string(each.Type), each.Field, each.ErrorBody()})
	}
	found.Topology = &q.Cluster.Spec.Topology
	return found
}

func plan(q question) answer {
	ask := desiredstate.GetUpgradePlanOneMinor
	if len(q.Class.Spec.KubernetesVersions) > 0 {
		ask = desiredstate.GetUpgradePlanFromClusterClassVersions(q.Class.Spec.KubernetesVersions)
	}
	control, workers, err := ask(context.Background(), q.Desired, q.Control, q.Workers)
	if err == nil {
		workers, err = desiredstate.DefaultAndValidateUpgradePlans(q.Desired, q.Control, q.Workers, control, workers)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{ControlPlane: control, Workers: workers}
}

func blueprint(q question, w world) *scope.ClusterBlueprint {
	class := q.Class
	found := &scope.ClusterBlueprint{
		Topology:                      q.Cluster.Spec.Topology,
		ClusterClass:                  class,
		InfrastructureClusterTemplate: w.template(class.Spec.Infrastructure.TemplateRef),
		ControlPlane:                  &scope.ControlPlaneBlueprint{Template: w.template(class.Spec.ControlPlane.TemplateRef), HealthCheck: class.Spec.ControlPlane.HealthCheck},
		MachineDeployments:            map[string]*scope.MachineDeploymentBlueprint{},
		MachinePools:                  map[string]*scope.MachinePoolBlueprint{},
	}
	if found.HasControlPlaneInfrastructureMachine() {
		found.ControlPlane.InfrastructureMachineTemplate = w.template(class.Spec.ControlPlane.MachineInfrastructure.TemplateRef)
	}
	for _, each := range class.Spec.Workers.MachineDeployments {
		found.MachineDeployments[each.Class] = &scope.MachineDeploymentBlueprint{
			Metadata: each.Metadata, BootstrapTemplate: w.template(each.Bootstrap.TemplateRef),
			InfrastructureMachineTemplate: w.template(each.Infrastructure.TemplateRef), HealthCheck: each.HealthCheck,
		}
	}
	for _, each := range class.Spec.Workers.MachinePools {
		found.MachinePools[each.Class] = &scope.MachinePoolBlueprint{
			Metadata: each.Metadata, BootstrapTemplate: w.template(each.Bootstrap.TemplateRef),
			InfrastructureMachinePoolTemplate: w.template(each.Infrastructure.TemplateRef),
		}
	}
	return found
}

func current(q question, w world, state *scope.ClusterState) error {
	state.ControlPlane = &scope.ControlPlaneState{}
	state.MachineDeployments = scope.MachineDeploymentsStateMap{}
	if ref := q.Cluster.Spec.InfrastructureRef; ref.IsDefined() {
		state.InfrastructureCluster = w.find("", ref.Kind, ref.Name)
	}
	if ref := q.Cluster.Spec.ControlPlaneRef; ref.IsDefined() {
		state.ControlPlane.Object = w.find("", ref.Kind, ref.Name)
		if state.ControlPlane.Object != nil {
			infra, _, _ := unstructured.NestedStringMap(state.ControlPlane.Object.Object, "spec", "machineTemplate", "spec", "infrastructureRef")
			state.ControlPlane.InfrastructureMachineTemplate = w.find("", infra["kind"], infra["name"])
		}
	}
	for _, obj := range q.Objects {
		topology, ok := obj.GetLabels()[clusterv1.ClusterTopologyMachineDeploymentNameLabel]
		if obj.GetKind() != "MachineDeployment" || !ok {
			continue
		}
		md := &clusterv1.MachineDeployment{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, md); err != nil {
			return err
		}
		bootstrap, infra := md.Spec.Template.Spec.Bootstrap.ConfigRef, md.Spec.Template.Spec.InfrastructureRef
		state.MachineDeployments[topology] = &scope.MachineDeploymentState{
			Object: md, BootstrapTemplate: w.find("", bootstrap.Kind, bootstrap.Name),
			InfrastructureMachineTemplate: w.find("", infra.Kind, infra.Name),
		}
	}
	return nil
}

func desired(q question) answer {
	withStatus(q.Class)
	w := world{objects: q.Objects}
	s := scope.New(q.Cluster)
	s.Blueprint = blueprint(q, w)
	if err := current(q, w, s.Current); err != nil {
		return answer{Error: err.Error()}
	}
	ctx := context.Background()
	generator, err := desiredstate.NewGenerator(
		w, struct{ clustercache.ClusterCache }{}, nil,
		cache.New[cache.HookEntry](ctx, time.Hour), cache.New[desiredstate.GenerateUpgradePlanCacheEntry](ctx, time.Hour),
	)
	if err != nil {
		return answer{Error: err.Error()}
	}
	state, err := generator.Generate(ctx, s)
	if err != nil {
		return answer{Error: err.Error()}
	}
	mds, mps := map[string]any{}, map[string]any{}
	for name, md := range state.MachineDeployments {
		mds[name] = map[string]any{"object": md.Object, "bootstrap": md.BootstrapTemplate, "infrastructure": md.InfrastructureMachineTemplate, "healthCheck": md.MachineHealthCheck}
	}
	for name, mp := range state.MachinePools {
		mps[name] = map[string]any{"object": mp.Object, "bootstrap": mp.BootstrapObject, "infrastructure": mp.InfrastructureMachinePoolObject}
	}
	t := s.UpgradeTracker
	return answer{
		Objects: map[string]any{
			"cluster": state.Cluster, "infrastructureCluster": state.InfrastructureCluster, "controlPlane": state.ControlPlane.Object,
			"controlPlaneMachine": state.ControlPlane.InfrastructureMachineTemplate, "controlPlaneHealthCheck": state.ControlPlane.MachineHealthCheck,
			"machineDeployments": mds, "machinePools": mps,
		},
		Tracker: map[string]any{
			"isPendingUpgrade": t.ControlPlane.IsPendingUpgrade, "isProvisioning": t.ControlPlane.IsProvisioning,
			"isUpgrading": t.ControlPlane.IsUpgrading, "isStartingUpgrade": t.ControlPlane.IsStartingUpgrade,
			"isWaitingForWorkers": t.ControlPlane.IsWaitingForWorkersUpgrade, "controlPlanePlan": t.ControlPlane.UpgradePlan,
			"workersPlan": t.MachineDeployments.UpgradePlan, "upgrading": t.MachineDeployments.UpgradingNames(),
			"pendingUpgrade": t.MachineDeployments.PendingUpgradeNames(), "pendingCreate": t.MachineDeployments.PendingCreateTopologyNames(),
			"deferred": t.MachineDeployments.DeferredUpgradeNames(), "minWorkersVersion": t.MinWorkersVersion,
		},
	}
}

func solve(line []byte) (found answer) {
	defer func() {
		if r := recover(); r != nil {
			found = answer{Error: fmt.Sprintf("panic: %v", r)}
		}
	}()
	q := question{}
	if err := json.Unmarshal(line, &q); err != nil {
		return answer{Error: "unreadable: " + err.Error()}
	}
	switch q.Op {
	case "class":
		return admitClass(q)
	case "variables":
		return checkVariables(q)
	case "plan":
		return plan(q)
	case "desired":
		return desired(q)
	}
	return answer{Error: "unknown op " + q.Op}
}

func main() {
	if err := feature.MutableGates.Set("ClusterTopology=true,MachineTaintPropagation=true"); err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := out.Encode(solve(lines.Bytes())); err != nil {
			panic(err)
		}
	}
}
