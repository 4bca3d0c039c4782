namespace DdpmJobs.Model.Datasets;

/// <summary>A family of image sets to train on and to measure against.</summary>
public abstract record Dataset
{
    /// <summary>Channels, height and width of every image, in pixels.</summary>
    public abstract (int C, int H, int W) Shape { get; }

    /// <summary>Number of levels of a pixel: 256 for bytes.</summary>
    public abstract int Levels { get; }

    /// <summary>Number of classes of its labels: 0 for a set without labels, null where only the files say.</summary>
    public virtual int? LabelCount => null;

    /// <summary>Number of images of a split: null where only the files say.</summary>
    public virtual int? CountOf(Split split) => null;

    /// <summary>Reads the images of one split.</summary>
    /// <param name="split">Which images.</param>
    /// <param name="dataFolder">Folder of data sets that are not shipped; null for <c>data</c> in the working directory.</param>
    /// <exception cref="InvalidDataException">The files are damaged; the message names file, line and value.</exception>
    /// <exception cref="FileNotFoundException">The files are not there; the message says where they are looked for.</exception>
    public abstract ImageSet Load(Split split, string? dataFolder);
}
