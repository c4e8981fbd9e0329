using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Converts an archive of pictures to a data set, a few hundred files at a time, so that an interrupted conversion can resume.
/// </summary>
internal sealed class PictureConversion
{
    // Half of the processors, because a run may be training at the same time.
    private static readonly int Threads = Math.Max(1, Environment.ProcessorCount / 2);

    private readonly BlobContainerClient _container;
    private readonly DatasetOptions _options;
    private readonly PictureTarget _target;
    private readonly PictureShape _shape;
    private readonly IReadOnlyList<ArchiveFile> _files;
    private readonly ArchiveLayout _layout;
    private readonly PictureChunks _chunks;

    /// <param name="container">The container with <c>datasets/</c>.</param>
    /// <param name="options">The size limits.</param>
    /// <param name="conversion">The upload.</param>
    /// <param name="choice">What the pictures are converted to.</param>
    /// <param name="files">All files of the archive.</param>
    /// <param name="labels">The label file of the archive; null if there is none.</param>
    /// <exception cref="UploadRefusedException">There are too many pictures or classes.</exception>
    public PictureConversion(
        BlobContainerClient container, DatasetOptions options, Conversion conversion, ConversionChoice choice, IReadOnlyList<ArchiveFile> files,
        LabelFile? labels)
    {
        (_container, _options, _files, _target) = (container, options, files, choice.Target);
        _shape = _target.Shape;
        _chunks = new PictureChunks(container, conversion, _shape);
        _layout = ArchiveLayout.Of([.. files.Select(file => file.Path)], labels);
        var bytes = (long)_layout.Places.Count(place => place is not null) * _shape.Size;
        if (bytes <= options.MaxDatasetBytes) return;
        throw new UploadRefusedException(
            "the upload", $"its {files.Count} files need {bytes} bytes as {_shape}",
            $"at most {options.MaxDatasetBytes} (limit MaxDatasetBytes)");
    }

    /// <summary>Converts the next files and stores the results.</summary>
    /// <param name="first">Index of the first file.</param>
    /// <param name="progress">Called after each file.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The number of files, and the problems with those that were skipped.</returns>
    public async Task<(int Count, List<FileProblem> Problems)> ConvertAsync(int first, Action progress, CancellationToken cancellation)
    {
        var count = Math.Min(PictureChunks.Size, _files.Count - first);
        var (pictures, problems) = (new byte[]?[count], new string?[count]);
        var each = new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = cancellation };
        await Parallel.ForEachAsync(UnpackAsync(first, count, problems, cancellation), each, (file, _) =>
        {
            try
            {
                pictures[file.Index] = PictureDecoder.Decode(file.Content, _target, _options.MaxPixels);
            }
            catch (PictureException damage)
            {
                problems[file.Index] = damage.Message;
            }
            progress();
            return ValueTask.CompletedTask;
        });
        var places = _layout.Places.Skip(first).Take(count).Select(place => place ?? default);
        await _chunks.WriteAsync(first, [.. places], pictures, cancellation);
        return (count, [.. problems.Index().Where(problem => problem.Item is not null).Select(problem =>
            new FileProblem(_files[first + problem.Index].Path, problem.Item!))]);
    }

    /// <summary>Writes the parts and the preview from all converted pictures.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="folder">The folder to write to.</param>
    /// <param name="conversion">The upload.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The manifest to commit.</returns>
    /// <exception cref="UploadRefusedException">There are too few readable pictures.</exception>
    public async Task<DatasetManifest> AssembleAsync(
        string name, string folder, Conversion conversion, DateTimeOffset now, CancellationToken cancellation)
    {
        var places = await _chunks.PlacesAsync(_files.Count, cancellation);
        if (places.Count == 0) throw NoPictures(conversion);
        var (classNames, labels) = ClassesOf(places);
        var held = places.Any(place => place.IsTest) ? [.. places.Select(place => place.IsTest)] : HeldOut.Choose(places.Count, labels);
        if (!held.Contains(false))
            throw new UploadRefusedException("train/", "none of its pictures can be read", "at least one readable picture");

        byte[]? Labels(bool test) => labels is null ? null : [.. labels.Where((_, index) => held[index] == test)];
        var (trainLabels, testLabels) = (Labels(test: false), Labels(test: true));
        var preview = new Preview(_shape, held.Count(test => !test), trainLabels);
        var parts = await WriteImagesAsync(name, folder, held, preview, cancellation);
        if (trainLabels is not null) parts.Add(await WriteLabelsAsync(name, folder, IdxPart.TrainLabels, trainLabels, cancellation));
        if (testLabels is not null) parts.Add(await WriteLabelsAsync(name, folder, IdxPart.TestLabels, testLabels, cancellation));
        await _container.PreviewBlob(name, folder).UploadAsync(BinaryData.FromBytes(preview.Png()), overwrite: true, cancellation);
        return DatasetManifest.Of(name, folder, parts, trainLabels, now) with { ClassNames = classNames };
    }

    /// <summary>The classes without a readable picture, each as a problem. They are not classes of the data set.</summary>
    public async Task<List<FileProblem>> EmptyClassesAsync(CancellationToken cancellation)
    {
        if (_layout.ClassNames is null) return [];
        var found = (await _chunks.PlacesAsync(_files.Count, cancellation)).Select(place => place.Label).ToHashSet();
        return [.. _layout.ClassNames.Index().Where(each => !found.Contains((byte)each.Index)).Select(each =>
            new FileProblem($"{each.Item}/", "none of its files is a readable picture, so it is not a class"))];
    }

    // Renumbers the classes, because those without a readable picture are left out.
    private (IReadOnlyList<string>? ClassNames, byte[]? Labels) ClassesOf(List<PicturePlace> places)
    {
        if (_layout.ClassNames is null) return (null, null);
        List<byte> found = [.. places.Select(place => place.Label).Distinct().Order()];
        var numbers = found.Index().ToDictionary(each => each.Item, each => (byte)each.Index);
        return ([.. found.Select(label => _layout.ClassNames[label])], [.. places.Select(place => numbers[place.Label])]);
    }

    private async Task<List<DatasetManifest.StoredPart>> WriteImagesAsync(
        string name, string folder, bool[] held, Preview preview, CancellationToken cancellation)
    {
        var tests = held.Count(test => test);
        await using var train = await BeginImagesAsync(IdxPart.TrainImages, held.Length - tests);
        await using var test = await BeginImagesAsync(IdxPart.TestImages, tests);
        var (index, trained) = (0, 0);
        await foreach (var picture in _chunks.PicturesAsync(_files.Count, cancellation))
        {
            if (!held[index]) preview.AddIfChosen(trained++, picture.Span);
            await (held[index++] ? test : train).WriteAsync(picture, cancellation);
        }
        return [await train.EndAsync(), await test.EndAsync()];

        Task<PartWriter> BeginImagesAsync(IdxPart part, int count) => PartWriter.BeginAsync(
            _container.PartBlob(name, folder, part), part,
            _shape.Channels == 1 ? [count, _shape.Side, _shape.Side] : [count, _shape.Channels, _shape.Side, _shape.Side], cancellation);
    }

    private async Task<DatasetManifest.StoredPart> WriteLabelsAsync(
        string name, string folder, IdxPart part, byte[] labels, CancellationToken cancellation)
    {
        await using var writer = await PartWriter.BeginAsync(_container.PartBlob(name, folder, part), part, [labels.Length], cancellation);
        await writer.WriteAsync(labels, cancellation);
        return await writer.EndAsync();
    }

    // An archive is read sequentially. At most one unpacked file per thread waits for its conversion.
    private async IAsyncEnumerable<(int Index, byte[] Content)> UnpackAsync(
        int first, int count, string?[] problems, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var index = 0; index < count; index++)
        {
            var file = _files[first + index];
            byte[]? content = null;
            if (_layout.Problems[first + index] is { } passedOver)
            {
                problems[index] = passedOver;
            }
            else if (file.Size > _options.MaxPictureBytes)
            {
                problems[index] = $"it has {file.Size} bytes; the maximum is {_options.MaxPictureBytes} (limit MaxPictureBytes)";
            }
            else
            {
                try
                {
                    content = await file.ReadAsync(cancellation);
                }
                catch (InvalidDataException damage)
                {
                    problems[index] = damage.Message;
                }
            }
            if (content is not null) yield return (index, content);
        }
    }

    private UploadRefusedException NoPictures(Conversion conversion) => new(
        "the upload",
        $"{(_files.Count == 1 ? "its only file is not a" : $"none of its {_files.Count} files is a")} readable picture; "
            + $"{conversion.Problems[0].File}: {conversion.Problems[0].Problem}",
        $"{PictureLoader.Formats} files, in one folder per class or without folders, or IDX files");
}
