// Device-plugin offers one device of the node to containers, as a resource by the kubelet's device plugin API, until SIGTERM.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

type plugin struct {
	api.UnimplementedDevicePluginServer
	path, permissions string
	ended             <-chan struct{}
}

func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch tells of one: a pod that follows another on its node has to wait for it.
func (p *plugin) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	devices := []*api.Device{{ID: "0", Health: api.Healthy}}
	if err := stream.Send(&api.ListAndWatchResponse{Devices: devices}); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-stream.Context().Done():
	}
	return nil
}

func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	response := &api.AllocateResponse{}
	for range request.ContainerRequests {
		device := &api.DeviceSpec{HostPath: p.path, ContainerPath: p.path, Permissions: p.permissions}
		response.ContainerResponses = append(response.ContainerResponses,
			&api.ContainerAllocateResponse{Devices: []*api.DeviceSpec{device}})
	}
	return response, nil
}

func register(ctx context.Context, resource, endpoint string) error {
	connection, err := grpc.NewClient("unix://"+api.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	request := &api.RegisterRequest{Version: api.Version, Endpoint: endpoint, ResourceName: resource}
	_, err = api.NewRegistrationClient(connection).Register(ctx, request)
	return err
}

func run() error {
	resource := flag.String("resource", "", "the resource's name: DOMAIN/NAME")
	path := flag.String("path", "", "the device, on the node and in the container")
	permissions := flag.String("permissions", "r", "what the device cgroup allows: r, w, m")
	flag.Parse()
	if *resource == "" || *path == "" {
		return fmt.Errorf("expected --resource and --path")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	endpoint := filepath.Base(*path) + ".sock"
	socket := filepath.Join(api.DevicePluginPath, endpoint)
	// What one that was killed has left.
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, &plugin{path: *path, permissions: *permissions, ended: ctx.Done()})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := register(ctx, *resource, endpoint); err != nil {
		return fmt.Errorf("registering at %s: %w", api.KubeletSocket, err)
	}
	fmt.Printf("offering %s as %s\n", *path, *resource)
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		server.GracefulStop()
		return nil
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "device-plugin:", err)
		os.Exit(1)
	}
}
