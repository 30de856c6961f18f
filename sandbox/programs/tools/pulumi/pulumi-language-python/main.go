// Command pulumi-language-python is the language host for Python, as engines from 3.208 on ask for it.
//
// Such an engine has its policy packs and plugins started by the host (RunPlugin), in a form that the newest host
// that is published as a part of the SDK's module, v3.60.0, does not know. That call is answered here; all others are
// passed on to that host, which lies beside this program.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

const largestMessage = 400 << 20 // as the engine and its SDKs

func main() {
	code, err := serve()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// serve answers until the host beside this program ends, which it does with the engine, and returns its exit code.
func serve() (int, error) {
	host, port, err := startHost()
	if err != nil {
		return 0, err
	}
	connection, err := grpc.NewClient("127.0.0.1:"+port,
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return 0, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(largestMessage),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			return answer(connection, stream)
		}))
	go server.Serve(listener)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	host.Wait() // it says itself what is wrong
	server.Stop()
	return host.ProcessState.ExitCode(), nil
}

// startHost starts it with this program's arguments, and reads its port.
func startHost() (*exec.Cmd, string, error) {
	this, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	host := exec.Command(filepath.Join(filepath.Dir(this), "pulumi-language-python-host"), os.Args[1:]...)
	host.Stderr = os.Stderr
	output, err := host.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := host.Start(); err != nil {
		return nil, "", err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for received := range signals {
			host.Process.Signal(received)
		}
	}()
	lines := bufio.NewReader(output)
	port, err := lines.ReadString('\n')
	if err != nil {
		return nil, "", fmt.Errorf("the language host printed no port: %w", err)
	}
	go io.Copy(os.Stdout, lines)
	return host, strings.TrimSpace(port), nil
}

func answer(host *grpc.ClientConn, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	if method == pulumirpc.LanguageRuntime_RunPlugin_FullMethodName {
		return runPlugin(stream)
	}
	return forward(host, method, stream)
}

// forward passes a call on, whatever it is: an empty message keeps all that it does not know.
func forward(host *grpc.ClientConn, method string, stream grpc.ServerStream) error {
	request := &emptypb.Empty{}
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	call, err := host.NewStream(stream.Context(), &grpc.StreamDesc{ServerStreams: true}, method)
	if err != nil {
		return err
	}
	if err := call.SendMsg(request); err != nil {
		return err
	}
	if err := call.CloseSend(); err != nil {
		return err
	}
	for {
		reply := &emptypb.Empty{}
		if err := call.RecvMsg(reply); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(reply); err != nil {
			return err
		}
	}
}

// runPlugin runs a policy pack or a plugin in its own environment until it ends or the engine gives up on it.
func runPlugin(stream grpc.ServerStream) error {
	replies := &grpc.GenericServerStream[pulumirpc.RunPluginRequest, pulumirpc.RunPluginResponse]{ServerStream: stream}
	request := &pulumirpc.RunPluginRequest{}
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	command, err := pluginCommand(stream.Context(), request)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(replies, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	command.Stdout, command.Stderr = stdout, stderr
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := int32(exit.ExitCode())
		return replies.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code}})
	}
	return err
}

func pluginCommand(ctx context.Context, request *pulumirpc.RunPluginRequest) (*exec.Cmd, error) {
	info := request.GetInfo()
	virtualenv := info.GetOptions().GetFields()["virtualenv"].GetStringValue()
	python, err := toolchain.ResolveToolchain(toolchain.PythonOptions{
		Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory(), Virtualenv: virtualenv, Toolchain: toolchain.Pip,
	})
	if err != nil {
		return nil, err
	}
	program := append([]string{info.GetProgramDirectory()}, request.GetArgs()...)
	if request.GetKind() == "analyzer" {
		program = append(append([]string{"-m", "pulumi.policy"}, request.GetArgs()...), info.GetProgramDirectory())
	}
	command, err := python.Command(ctx, append([]string{"-u"}, program...)...)
	if err != nil {
		return nil, err
	}
	command.Dir = request.GetPwd()
	command.Env = request.GetEnv()
	if virtualenv != "" {
		folder, err := python.VirtualEnvPath(ctx)
		if err != nil {
			return nil, err
		}
		command.Env = toolchain.ActivateVirtualEnv(command.Env, folder)
	}
	return command, nil
}
